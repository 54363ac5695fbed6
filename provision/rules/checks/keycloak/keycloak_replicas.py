"""A production Keycloak has several replicas."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="keycloak-replicas",
    severity="low",
    title="A production Keycloak is more than one",
    why="While the only Keycloak restarts, nobody logs in and every introspection fails, so all MCP servers refuse everybody. "
    "Then security updates are put off.",
    fix="replicas: 2",
    example="KeycloakServer: replicas: 1",
    see="https://www.keycloak.org/server/configuration-production",
    on=("KeycloakServer",),
    profiles=("staging", "prod"),
    staging="advisory",
    parameters={"atLeast": 2},
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that Keycloak has at least the configured number of replicas."""
    count, needed = int(server.get("replicas")), context.parameters["atLeast"]
    if count < needed:
        yield Violation("replicas", f"is {count}, and {needed} are needed", f"replicas: {needed}")
