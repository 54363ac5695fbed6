"""Initial access tokens expire soon."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="initial-access-token-lifetime",
    severity="medium",
    title="Initial access tokens expire soon",
    why="Whoever has such a token makes clients in the realm, without a person and without the limits for anonymous "
    "registration. One without an end stays good in mails, scripts and logs.",
    fix="expirationSeconds: 86400",
    example='a further InitialAccessToken: realm: "mcp", name: "for a partner", expirationSeconds: 3600, count: 1\nInitialAccessToken: expirationSeconds: 0',
    see="https://www.keycloak.org/securing-apps/client-registration#_initial_access_token",
    on=("InitialAccessToken",),
    parameters={"seconds": 7 * 86400},
    in_production={"seconds": 86400},
)
def check(token: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the token expires, at the latest after the configured time."""
    seconds, longest = token.get("expirationSeconds"), context.parameters["seconds"]
    if seconds == 0:
        yield Violation("expirationSeconds", "never expires")
    elif seconds > longest:
        yield Violation("expirationSeconds", f"is good for {seconds} seconds, more than {longest}")
