"""Tools that do more need more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Have, Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_SERVER = Have(
    "McpServer",
    {
        "name": "calculator",
        "url": "https://mcp.example.org/mcp",
        "verifier": "jwt",
        "scopes": ["mcp:tools"],
        "toolScopes": {"multiply_numbers": ["mcp:math:multiply"]},
    },
)


@rule(
    id="scope-for-all-tools",
    severity="low",
    title="Tools that do more need more",
    why="With one scope for all tools whoever can read can also write, and a user can't allow the one without the other. A tool"
    " that changes or reveals something needs a scope of its own, which the client asks for when it comes to it. A server "
    "with a single tool, or with harmless ones, needs none.",
    fix='toolScopes: {multiply_numbers: ["mcp:math:multiply"]}',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#scope-minimization",
    on=("McpServer",),
    breaks_in="prod",
    profiles=("prod",),
    production="advisory",
    breaks=((_SERVER, Set(Where("McpServer"), {"toolScopes": {}})),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Some tool needs a scope besides the server's."""
    del scene
    if not server.get("toolScopes"):
        yield Violation("toolScopes", f"needs {' '.join(server.items('scopes'))} for every tool")
