"""Initial access tokens are for few clients."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="initial-access-token-count",
    severity="low",
    title="Initial access tokens are for few clients",
    why="The count is how many clients can be made with one token. A token that is stolen or passed on makes all that are left.",
    fix="count: 1",
    example='a further InitialAccessToken: realm: "mcp", name: "for a partner", expirationSeconds: 3600, count: 1\nInitialAccessToken: count: 1000',
    see="https://www.keycloak.org/securing-apps/client-registration#_initial_access_token",
    on=("InitialAccessToken",),
    parameters={"most": 10},
)
def check(token: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the token makes at most the configured number of clients."""
    most = context.parameters["most"]
    if token.get("count") > most:
        yield Violation("count", f"is good for more than {most} clients")
