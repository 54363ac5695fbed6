"""The first administrator's secret does not stand in the deployment."""

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
    id="keycloak-bootstrap-secret",
    severity="high",
    title="The first administrator's secret does not stand in the deployment",
    why="Whoever may look at the deployment, a process list or a crash report reads it there, and it opens every realm. "
    "The account that it makes is meant to be removed once another one is there, and mostly is not.",
    fix="take it from a secret (valueFrom.secretKeyRef), or make the account once with `kc.sh bootstrap-admin` and delete it",
    see="https://www.keycloak.org/server/bootstrap-admin-recovery",
    on=("KeycloakServer",),
    ephemeral="advisory",
    breaks=((Set(Where("KeycloakServer"), {"adminSecretPlain": True}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Neither a variable nor an argument has it."""
    del scene
    if server.get("adminSecretPlain"):
        yield Violation("adminSecretPlain", "has the first administrator's secret in clear")
