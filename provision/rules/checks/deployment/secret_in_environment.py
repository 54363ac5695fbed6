"""No secret is in an environment variable."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.secret_names import (
    BOOTSTRAP_VARIABLES,
    HIDDEN,
    has_a_password,
    is_a_value,
    names_a_secret,
)


@rule(
    id="secret-in-environment",
    severity="high",
    title="No secret stands in an environment variable",
    why="Variables are shown by `docker inspect`, by the deployment's own text, by crash reports and to every child process, "
    "and they stay when the secret is changed.",
    fix="a file that only the server can read, named by a variable such as CLIENT_SECRET_FILE",
    example='Container: environment: {"MCP_CLIENT_SECRET": "of-a-test"}',
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    parameters={"allowed": []},
)
def check(container: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that variables named like secrets hold paths of files, and that addresses hold no password."""
    environment = container.peek("environment") or {}
    if not isinstance(environment, dict):
        container.get("environment")
        return
    for name, value in environment.items():
        if name in context.parameters["allowed"] or name in BOOTSTRAP_VARIABLES:
            continue  # the options of the first administrator have a rule of their own
        if (names_a_secret(name) and is_a_value(value)) or has_a_password(value):
            yield Violation(f"environment.{name}", f"has a secret in the variable {name}")
    if HIDDEN in environment:
        container.get("environment")
