"""No secret stands in an environment variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.adapters.keycloak_options import BOOTSTRAP_VARIABLES
from provision.rules.adapters.program import HIDDEN
from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.secret_names import has_a_password, is_a_value, names_a_secret
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="secret-in-environment",
    severity="high",
    title="No secret stands in an environment variable",
    why="Variables are shown by `docker inspect`, by the deployment's own text, by crash reports and to every child process, "
    "and they stay when the secret is changed.",
    fix="a file that only the server can read, named by a variable such as CLIENT_SECRET_FILE",
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    parameters={"allowed": []},
    breaks=(
        (Set(Where("Container"), {"environment": {"MCP_CLIENT_SECRET": "of-a-test"}}),),
        (
            Set(
                Where("Container"),
                {"environment": {"DATABASE_URL": "postgres://keycloak:of-a-test@db/keycloak"}},
            ),
        ),
    ),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """Variables that are named like secrets name files, and addresses hold no password."""
    environment = container.peek("environment") or {}
    if not isinstance(environment, dict):
        container.get("environment")
        return
    for name, value in environment.items():
        if name in scene.parameters["allowed"] or name in BOOTSTRAP_VARIABLES:
            continue  # the latter are a rule of their own
        if (names_a_secret(name) and is_a_value(value)) or has_a_password(value):
            yield Violation(f"environment.{name}", f"has a secret in the variable {name}")
    if HIDDEN in environment:
        container.get("environment")
