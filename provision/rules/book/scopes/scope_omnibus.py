"""No scope stands for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="scope-omnibus",
    severity="medium",
    title="No scope stands for everything",
    why="A scope such as `all` is asked for and consented to once and allows everything from then on. Whoever gets such a token"
    " can use every tool, and nobody can tell from the audit trail what the user meant to allow.",
    fix="name: what it allows, such as mcp:files:read",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#scope-minimization",
    on=("ClientScope",),
    parameters={"names": ["all", "everything", "full", "full-access", "full_access"]},
    breaks=tuple(
        (Add("ClientScope", {"name": name}, Where("ClientScope", {"name": "mcp:tools"})),)
        for name in ("all", "files:full-access", "tools:*")
    ),
)
def check(scope: Thing, scene: Scene) -> Iterator[Violation]:
    """Its name, or the last part of it, is not one of these."""
    name = scope.get("name")
    if "*" in name or name.lower().rpartition(":")[2] in scene.parameters["names"]:
        yield Violation("name", f"{name} stands for everything at once")
