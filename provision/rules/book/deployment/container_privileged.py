"""No container has the rights of the machine."""

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
    id="container-privileged",
    severity="high",
    title="No container has the rights of the machine",
    why="A privileged container is root on the machine: it reads every disk and every other container's secrets.",
    fix="privileged: false",
    see="https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    on=("Container",),
    breaks=((Set(Where("Container"), {"privileged": True}),),),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """It is not privileged."""
    del scene
    if container.get("privileged"):
        yield Violation("privileged", "is privileged")
