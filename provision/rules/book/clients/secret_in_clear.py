"""Secrets stand encrypted in the stack file."""

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
    id="secret-in-clear",
    severity="high",
    title="Secrets stand encrypted in the stack file",
    why="The stack file belongs into version control: a secret in clear is then in every clone, every backup and the history, for good. "
    "Pulumi encrypts those that are set as secrets.",
    fix="provision secret set adminClientSecret # a new one: the old one is known",
    see="https://www.pulumi.com/docs/iac/concepts/secrets/",
    on=("Stack",),
    throw_away="advisory",
    breaks=((Set(Where("Stack"), {"plainSecrets": ["introspectionClientSecret"]}),),),
)
def check(stack: Thing, scene: Scene) -> Iterator[Violation]:
    """None of those that the file gives is unencrypted."""
    del scene
    for key in stack.items("plainSecrets"):
        yield Violation(
            "plainSecrets", f"{key} stands in the stack file in clear", f"provision secret set {key}"
        )
