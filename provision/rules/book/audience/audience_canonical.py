"""Audiences are written as servers write their URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import canonical, custom_audience, is_url
from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="audience-canonical",
    severity="medium",
    title="Audiences are written as servers write their URL",
    why="An audience is compared letter by letter. With a slash at the end, a port that goes without saying or a capital letter"
    " it is another one, no token is accepted, and the usual way out is to compare less strictly or not at all.",
    fix="includedCustomAudience: https://mcp.example.org/mcp",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#canonical-server-uri",
    on=("AudienceMapper",),
    breaks=tuple(
        (
            Add(
                "AudienceMapper",
                {"name": "more", "includedCustomAudience": written},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        )
        for written in (
            "http://localhost:3000/mcp/",
            "HTTP://localhost:3000/mcp",
            "http://localhost:3000/mcp#tools",
        )
    ),
)
def check(mapper: Thing, scene: Scene) -> Iterator[Violation]:
    """It is its own canonical form."""
    del scene
    written = custom_audience(mapper)
    if written is not None and is_url(written) and written != canonical(written):
        at = canonical(written)
        yield Violation(
            "includedCustomAudience",
            f"is not written as a canonical URI: {written}",
            f"includedCustomAudience: {at}" if at else "",
        )
