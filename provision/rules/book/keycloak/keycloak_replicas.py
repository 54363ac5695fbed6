"""A production Keycloak is more than one."""

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
    id="keycloak-replicas",
    severity="low",
    title="A production Keycloak is more than one",
    why="While the only Keycloak restarts, nobody logs in and every introspection fails, so all MCP servers refuse everybody. "
    "Then security updates are put off.",
    fix="replicas: 2",
    see="https://www.keycloak.org/server/configuration-production",
    on=("KeycloakServer",),
    profiles=("prod",),
    parameters={"atLeast": 2},
    breaks=((Set(Where("KeycloakServer"), {"replicas": 1}),),),
    breaks_in="kubernetes",
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """There are enough of them."""
    count, needed = int(server.get("replicas")), scene.parameters["atLeast"]
    if count < needed:
        yield Violation("replicas", f"is {count}, and {needed} are needed", f"replicas: {needed}")
