"""Keycloak's log does not show requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_TALKATIVE = frozenset({"debug", "trace", "all"})


@rule(
    id="keycloak-log-level",
    severity="medium",
    title="Keycloak's log does not show requests",
    why="At the levels debug and trace, Keycloak and its HTTP libraries write headers, forms and tokens into the log. "
    "Whoever reads the log can then act as every user in it.",
    fix="log-level=info",
    see="https://www.keycloak.org/server/logging",
    on=("KeycloakServer",),
    ephemeral="advisory",
    parameters={"harmless": ["org.hibernate", "liquibase"]},
    breaks=(
        (Set(Where("KeycloakServer"), {"logLevel": "debug"}),),
        (Set(Where("KeycloakServer"), {"logLevel": "info,org.apache.http.wire:debug"}),),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """Nothing that sees requests is at a level below info."""
    for part in str(server.get("logLevel")).split(","):
        category, _, level = part.strip().rpartition(":")
        harmless = any(category.startswith(name) for name in scene.parameters["harmless"])
        if level.lower() in _TALKATIVE and not (category and harmless):
            yield Violation("logLevel", f"logs {category or 'everything'} at {level.lower()}")
