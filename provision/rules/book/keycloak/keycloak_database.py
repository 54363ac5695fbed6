"""A production Keycloak has a database server."""

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
    id="keycloak-database",
    severity="medium",
    title="A production Keycloak has a database server",
    why="The built-in database is a file for trying things out: one Keycloak alone can use it, nobody backs it up, and a lost container loses all users, "
    "clients and signing keys, so every token in the world becomes void.",
    fix="db=postgres, with db-url, db-username and the password in a secret",
    see="https://www.keycloak.org/server/db",
    on=("KeycloakServer",),
    profiles=("prod",),
    breaks=((Set(Where("KeycloakServer"), {"database": "dev-file"}),),),
    breaks_in="kubernetes",
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """It is not one of those for development."""
    del scene
    if str(server.get("database")).startswith("dev-"):
        yield Violation("database", "keeps its data in the database for development")
