"""Access tokens are short-lived."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.durations import words


@rule(
    id="access-token-lifespan",
    severity="medium",
    title="Access tokens are short-lived",
    why="Whoever finds an access token (in a log, a proxy, a debugger) can use it until it ends; a server that checks signatures only "
    "takes it even after the logout. Clients renew theirs by themselves, so users notice nothing of a short life.",
    fix="provision:realm: {accessTokenLifespan: 300} # seconds; of a Client: accessTokenLifespan",
    example="Realm: accessTokenLifespan: 3600",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#token-theft",
    on=("Realm", "Client"),
    parameters={"maximumSeconds": 900},
    in_production={"maximumSeconds": 300},
)
def check(resource: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that neither the realm's lifespan nor a client's own is too long."""
    most = context.parameters["maximumSeconds"]
    seconds = resource.get("accessTokenLifespan")
    if seconds is not None and seconds > most:
        yield Violation(
            "accessTokenLifespan", f"access tokens are good for {words(seconds)}; {words(most)} at most"
        )
