"""A server's scope brings the server's own URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import audience, audience_mappers, audience_of, canonical, is_url
from provision.rules.changes import Set, Where
from provision.rules.examples import SERVER
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="audience-server-url",
    severity="high",
    title="A server's scope brings the server's own URL",
    why="A server must refuse tokens that do not name it. When its scope names another address, either no token is accepted, or"
    " the server does not look, and then takes tokens that were made for others.",
    fix="includedCustomAudience: the server's url, exactly",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("McpServer",),
    beside=("AudienceMapper",),
    breaks=(
        (
            SERVER,
            Set(
                Where("AudienceMapper", {"name": "audience-config"}),
                {"includedCustomAudience": "http://localhost:3999/mcp"},
            ),
        ),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """One of its audiences is its URL; spelling and scopes without any are for other rules."""
    url = audience_of(server)
    scopes = tuple(server.items("scopes"))
    named = [audience(mapper) for scope in scopes for mapper in audience_mappers(scene, scope=scope)]
    others = [name for name in named if is_url(name) and canonical(name) != canonical(url)]
    if url in named:
        return
    scene.all_seen("AudienceMapper")
    if others:
        yield Violation(
            "url", f"gets tokens for {', '.join(others)} with its scope {' '.join(scopes)}, not for itself"
        )
