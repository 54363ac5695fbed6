"""The first administrator's secret is not in the deployment."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="keycloak-bootstrap-secret",
    severity="high",
    title="The first administrator's secret does not stand in the deployment",
    why="Whoever may look at the deployment, a process list or a crash report reads it there, and it opens every realm. "
    "The account that it makes is meant to be removed once another one is there, and mostly is not.",
    fix="take it from a secret (valueFrom.secretKeyRef), or make the account once with `kc.sh bootstrap-admin` and delete it",
    example="KeycloakServer: adminSecretPlain: true",
    see="https://www.keycloak.org/server/bootstrap-admin-recovery",
    on=("KeycloakServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that no variable and no argument holds the first administrator's secret."""
    if server.get("adminSecretPlain"):
        yield Violation("adminSecretPlain", "has the first administrator's secret in clear")
