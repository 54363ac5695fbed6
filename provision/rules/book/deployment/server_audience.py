"""An MCP server takes only tokens that are for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="server-audience",
    severity="high",
    title="An MCP server takes only tokens that are for it",
    why="Without an audience to compare with, a token that a user gave to any other server of the realm works here too. "
    "The MCP specification wants servers to refuse those.",
    fix="url: https://mcp.example.org/mcp, the audience of its tokens",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
    on=("McpServer",),
    breaks=((Set(Where("McpServer"), {"audience": None}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """It is told its audience."""
    del scene
    if not server.get("audience"):
        yield Violation("audience", "takes tokens for any server")
