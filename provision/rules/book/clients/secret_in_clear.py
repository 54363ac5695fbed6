"""Secrets stand encrypted in the stack file and in what a program declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.secret_names import in_values
from provision.rules.thing import UNKNOWN, UndecidedError, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing

_ENCRYPT = "a secret of the stack file (`pulumi.Config().require_secret`), or pulumi.Output.secret(…)"


@rule(
    id="secret-in-clear",
    severity="high",
    title="Secrets stand encrypted in the stack file and in what is declared",
    why="The stack file belongs into version control: a secret in clear is then in every clone, every backup and the history, for good. "
    "What a program gives a resource stands in the stack's state and in previews, also inside maps and lists. "
    "Pulumi encrypts those that are set as secrets.",
    fix="provision secret set adminClientSecret # a new one: the old one is known",
    see="https://www.pulumi.com/docs/iac/concepts/secrets/",
    on=("Stack", "Resource"),
    ephemeral="advisory",
    parameters={"allowed": []},
    breaks=(
        (Set(Where("Stack"), {"plainSecrets": ["introspectionClientSecret"]}),),
        (Set(Where("Resource"), {"inputs": {"config": {"clientSecret": "of-a-test"}}}),),
        (Set(Where("Resource"), {"inputs": {"env": [{"name": "API_KEY", "value": "of-a-test"}]}}),),
    ),
)
def check(given: Thing, scene: Scene) -> Iterator[Violation]:
    """None of those that the file gives is unencrypted, and no input that is named like a secret, but for paths that are allowed."""
    if given.kind == "Resource":
        yield from _in_inputs(given, scene.parameters["allowed"])
        return
    for key in given.items("plainSecrets"):
        yield Violation(
            "plainSecrets", f"{key} stands in the stack file in clear", f"provision secret set {key}"
        )


def _in_inputs(resource: Thing, allowed: Collection[str]) -> Iterator[Violation]:
    inputs, unknown = resource.peek("inputs"), None
    for path, value in in_values(inputs, "inputs") if inputs is not UNKNOWN else [("inputs", inputs)]:
        if resource.path(path) in allowed:
            continue
        if value is UNKNOWN:
            unknown = unknown or UndecidedError(resource.path(path), repr(value))
        else:
            yield Violation(path, "has a secret in clear", _ENCRYPT)
    if unknown is not None:
        raise unknown
