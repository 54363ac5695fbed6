"""An MCP server keeps the details of its errors."""

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
    id="server-detailed-errors",
    severity="low",
    title="An MCP server keeps the details of its errors",
    why="The text of an exception goes to the client and to its model: paths, queries, addresses of inner systems, sometimes secrets.",
    fix="FASTMCP_MASK_ERROR_DETAILS=true, and no --debug",
    see="https://gofastmcp.com/more/settings",
    on=("McpServer",),
    ephemeral="advisory",
    breaks=((Set(Where("McpServer"), {"detailedErrors": True}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Nothing in its deployment sends them to clients."""
    del scene
    if server.get("detailedErrors"):
        yield Violation("detailedErrors", "sends the details of its errors to clients")
