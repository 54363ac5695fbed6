"""An MCP server checks tokens."""

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
    id="server-verifier",
    severity="high",
    title="An MCP server checks tokens",
    why="A server that does not check tokens runs its tools for everyone who can reach it. "
    "The MCP specification wants every token validated.",
    fix="verifier: introspection",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
    on=("McpServer",),
    breaks=((Set(Where("McpServer"), {"verifier": "none"}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a verifier that is known to check them."""
    del scene
    if server.get("verifier") not in {"introspection", "jwt"}:
        yield Violation("verifier", "does not check tokens")
