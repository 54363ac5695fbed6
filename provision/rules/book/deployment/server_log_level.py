"""An MCP server's log does not show requests."""

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
    id="server-log-level",
    severity="medium",
    title="An MCP server's log does not show requests",
    why="At the level debug, HTTP libraries and MCP libraries write headers and arguments of calls into the log, tokens among them.",
    fix="FASTMCP_LOG_LEVEL=INFO, and no --debug",
    see="https://gofastmcp.com/more/settings",
    on=("McpServer",),
    ephemeral="advisory",
    breaks=((Set(Where("McpServer"), {"logLevel": "DEBUG"}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Nothing in its deployment raises the level."""
    del scene
    level = str(server.get("logLevel")).lower()
    if level in {"debug", "trace", "all"}:
        yield Violation("logLevel", f"logs at {level}")
