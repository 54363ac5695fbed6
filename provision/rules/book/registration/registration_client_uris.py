"""Registered clients are on trusted hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.registration import is_anonymous
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="registration-client-uris",
    severity="high",
    title="Registered clients are on trusted hosts",
    why="A client that registers itself says where logins lead. When that may be anywhere, an attacker registers a client with "
    "a well-known name and their own address, and the code of whoever consents goes there. Keycloak checks the addresses "
    "while this is on; the MCP tutorial switches it off.",
    fix="clientUrisMustMatch: true",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#open-redirection",
    on=("TrustedHostsPolicy",),
    breaks=((Set(Where("TrustedHostsPolicy"), {"clientUrisMustMatch": False}),),),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """The addresses of a client are checked."""
    del scene
    if is_anonymous(policy) and not policy.get("clientUrisMustMatch"):
        yield Violation("clientUrisMustMatch", "lets a client register redirect URIs on any host")
