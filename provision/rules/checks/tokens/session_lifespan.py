"""Logins end."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.durations import words


@rule(
    id="session-lifespan",
    severity="medium",
    title="Logins end the same day",
    why="As long as the session lasts, whoever holds the browser or a refresh token gets new tokens without a password. A session that "
    "lasts for weeks turns every stolen laptop and every leaked refresh token into lasting access.",
    fix="provision:realm: {ssoSessionIdleTimeout: 1800, ssoSessionMaxLifespan: 36000} # seconds",
    example="Realm: ssoSessionMaxLifespan: 2592000",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_timeouts",
    on=("Realm",),
    ephemeral="advisory",
    parameters={"maximumSeconds": 604800, "maximumIdleSeconds": 604800, "maximumRememberedSeconds": 2592000},
    in_production={"maximumSeconds": 86400, "maximumIdleSeconds": 28800, "maximumRememberedSeconds": 1209600},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that sessions end soon enough, used or idle, remembered or not."""
    limits = [("ssoSessionMaxLifespan", "maximumSeconds"), ("ssoSessionIdleTimeout", "maximumIdleSeconds")]
    if realm.get("rememberMe"):
        limits += [
            ("ssoSessionMaxLifespanRememberMe", "maximumRememberedSeconds"),
            ("ssoSessionIdleTimeoutRememberMe", "maximumRememberedSeconds"),
        ]
    for field, parameter in limits:
        seconds, most = realm.get(field), context.parameters[parameter]
        if seconds > most:
            yield Violation(
                field, f"sessions last {words(seconds)}; {words(most)} at most", f"{field}: {most}"
            )
