"""No client registers itself in production."""

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
    id="registration-in-production",
    severity="medium",
    title="No client registers itself in production",
    why="Registration without a token makes clients that nobody has looked at, and it is deprecated by the MCP specification of"
    " 2026-07-28. In production clients are declared, come with an initial access token, or are known by the address of "
    "their metadata.",
    fix="provision:registration: {enabled: false}",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#dynamic-client-registration",
    on=("TrustedHostsPolicy",),
    breaks_in="prod",
    profiles=("prod",),
    breaks=((Set(Where("TrustedHostsPolicy"), {"trustedHosts": ["vscode.dev"]}),),),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """Nobody is trusted to register without a token."""
    del scene
    if is_anonymous(policy) and any(policy.items("trustedHosts")):
        yield Violation("trustedHosts", "lets programs on these hosts register clients without a token")
