"""Keycloak is not in development mode."""

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
    id="keycloak-start-dev",
    severity="high",
    title="Keycloak is not in development mode",
    why="Development mode (start-dev) serves plain HTTP, believes whatever host name a request claims and keeps its data in a file. "
    "Whoever sends a forged Host header gets links and tokens for an issuer of theirs.",
    fix="start instead of start-dev, with hostname and a certificate",
    see="https://www.keycloak.org/server/configuration-production",
    on=("KeycloakServer",),
    ephemeral="advisory",
    breaks=((Set(Where("KeycloakServer"), {"mode": "start-dev"}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """It is started with ``start``."""
    del scene
    if server.get("mode") == "start-dev":
        yield Violation("mode", "runs in development mode")
