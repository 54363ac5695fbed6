"""Keycloak's log does not show requests."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule

_TALKATIVE = frozenset({"debug", "trace", "all"})


@rule(
    id="keycloak-log-level",
    severity="medium",
    title="Keycloak's log does not show requests",
    why="At the levels debug and trace, Keycloak and its HTTP libraries write headers, forms and tokens into the log. "
    "Whoever reads the log can then act as every user in it.",
    fix="log-level=info",
    example='KeycloakServer: logLevel: "debug"',
    see="https://www.keycloak.org/server/logging",
    on=("KeycloakServer",),
    ephemeral="advisory",
    parameters={"harmless": ["org.hibernate", "liquibase"]},
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no category that logs requests is at a level below info."""
    for part in str(server.get("logLevel")).split(","):
        category, _, level = part.strip().rpartition(":")
        harmless = any(category.startswith(name) for name in context.parameters["harmless"])
        if level.lower() in _TALKATIVE and not (category and harmless):
            yield Violation("logLevel", f"logs {category or 'everything'} at {level.lower()}")
