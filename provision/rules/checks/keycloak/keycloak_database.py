"""A production Keycloak uses a database server."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-database",
    severity="medium",
    title="A production Keycloak has a database server",
    why="The built-in database is a file for trying things out: one Keycloak alone can use it, nobody backs it up, and a lost container loses all users, "
    "clients and signing keys, so every token in the world becomes void.",
    fix="db=postgres, with db-url, db-username and the password in a secret",
    example='KeycloakServer: database: "dev-file"',
    see="https://www.keycloak.org/server/db",
    on=("KeycloakServer",),
    profiles=("staging", "prod"),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the database is not the development database."""
    if str(server.get("database")).startswith("dev-"):
        yield Violation("database", "keeps its data in the database for development")
