"""Keycloak is not in development mode."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-start-dev",
    severity="high",
    title="Keycloak is not in development mode",
    why="Development mode (start-dev) serves plain HTTP, believes whatever host name a request claims and keeps its data in a file. "
    "Whoever sends a forged Host header gets links and tokens for an issuer of theirs.",
    fix="start instead of start-dev, with hostname and a certificate",
    example='KeycloakServer: mode: "start-dev"',
    see="https://www.keycloak.org/server/configuration-production",
    on=("KeycloakServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that Keycloak is started with ``start``."""
    if server.get("mode") == "start-dev":
        yield Violation("mode", "runs in development mode")
