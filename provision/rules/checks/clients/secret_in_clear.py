"""Secrets are encrypted in the stack file and in a program's inputs."""

from collections.abc import Collection, Iterator

from provision._lib.hints import command_line
from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.secret_names import in_values

_ENCRYPT = "a secret of the stack file (`pulumi.Config().require_secret`), or pulumi.Output.secret(…)"


@rule(
    id="secret-in-clear",
    severity="high",
    title="Secrets stand encrypted in the stack file and in what is declared",
    why="The stack file belongs in version control: a secret in clear is then in every clone, every backup and the history, for good. "
    "What a program gives a resource stands in the stack's state and in previews, also inside maps and lists. "
    "Pulumi encrypts those that are set as secrets.",
    fix=f"{command_line('rotate admin', stack='STACK')} # a new one: the old one is known",
    example='Stack: plainSecrets: ["introspectionClientSecret"]',
    see="https://www.pulumi.com/docs/iac/concepts/secrets/",
    on=("Stack", "Resource"),
    ephemeral="advisory",
    parameters={"allowed": []},
)
def check(given: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no secret of the stack file and no secret-like input is unencrypted, except at allowed paths."""
    if given.kind == "Resource":
        yield from _in_inputs(given, context.parameters["allowed"])
        return
    for key in given.items("plainSecrets"):
        yield Violation(
            "plainSecrets", f"{key} stands in the stack file in clear", command_line("secret set", key)
        )


def _in_inputs(resource: Resource, allowed: Collection[str]) -> Iterator[Violation]:
    inputs, unknown = resource.peek("inputs"), None
    for path, value in in_values(inputs, "inputs") if isinstance(inputs, dict) else [("inputs", inputs)]:
        if resource.path(path) in allowed:
            continue
        if isinstance(value, str):
            yield Violation(path, "has a secret in clear", _ENCRYPT)
        else:
            unknown = unknown or resource.inconclusive(path, repr(value))
    if unknown is not None:
        raise unknown
