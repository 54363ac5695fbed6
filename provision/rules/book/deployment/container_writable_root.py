"""A container can't change its own programs."""

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
    id="container-writable-root",
    severity="low",
    title="A container can't change its own programs",
    why="Whoever gets in can put programs there that stay, or change the server's own.",
    fix="readOnly: true, with tmpfs for what must be written",
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    ephemeral="advisory",
    breaks=((Set(Where("Container"), {"readOnlyRoot": False}),),),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """Its root is read-only."""
    del scene
    if not container.get("readOnlyRoot"):
        yield Violation("readOnlyRoot", "can write to its root")
