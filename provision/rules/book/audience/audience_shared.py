"""Each server has an audience of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.display_names import shown_name
from provision.rules.audiences import audience_of
from provision.rules.changes import Add, Where
from provision.rules.examples import SERVER
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="audience-shared",
    severity="high",
    title="Each server has an audience of its own",
    why="Two servers with one audience take each other's tokens: one that is broken into, or that is somebody else's, can call "
    "the other as the user.",
    fix="url: an address of its own for each server",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("McpServer",),
    beside=("McpServer",),
    breaks=(
        (
            SERVER,
            Add(
                "McpServer",
                {
                    "name": "weather",
                    "url": "http://localhost:3000/mcp",
                    "audience": "http://localhost:3000/mcp",
                },
                Where("McpServer"),
            ),
        ),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """No other server has its audience."""
    own = audience_of(server)
    for other in scene.of("McpServer"):
        if other is not server and audience_of(other) == own:
            yield Violation("url", f"has the same audience as {shown_name(other.name)}: {own}")
