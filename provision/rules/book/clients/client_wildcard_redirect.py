"""Redirect URIs are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.redirects import is_redirected_to
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="client-wildcard-redirect",
    severity="high",
    title="Redirect URIs are exact",
    why="An authorization code is sent to the redirect URI. With a wildcard any page below it may be named, and one that forwards "
    "or shows what it is sent (an open redirect, a wiki, an upload) hands the code to an attacker. OAuth 2.1 and MCP ask for "
    "exact comparison.",
    fix="redirectUris: [https://app.example.org/callback] # each address in full, without *",
    see="https://www.rfc-editor.org/rfc/rfc9700#section-4.1",
    on=("Client",),
    breaks=(
        (Set(Where("Client", {"access": "public"}), {"redirectUris": ["https://claude.ai/*"]}),),
        (Set(Where("Client", {"access": "public"}), {"redirectUris": ["*"]}),),
        (Set(Where("Client", {"access": "public"}), {"postLogoutRedirectUris": ["https://claude.ai/*"]}),),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """No redirect URI, for logins and for logouts, has a wildcard."""
    del scene
    if not is_redirected_to(client):
        return
    for field in ("redirectUris", "postLogoutRedirectUris"):
        for uri in client.items(field):
            if "*" in uri:
                yield Violation(field, f"may be sent anywhere below {uri}")
