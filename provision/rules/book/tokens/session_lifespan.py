"""Logins end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.durations import words
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="session-lifespan",
    severity="medium",
    title="Logins end the same day",
    why="As long as the session lasts, whoever holds the browser or a refresh token gets new tokens without a password. A session that "
    "lasts for weeks turns every stolen laptop and every leaked refresh token into lasting access.",
    fix="realm: {ssoSessionIdleTimeout: 1800, ssoSessionMaxLifespan: 36000} # seconds",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_timeouts",
    on=("Realm",),
    ephemeral="advisory",
    parameters={"maximumSeconds": 604800, "maximumIdleSeconds": 604800, "maximumRememberedSeconds": 2592000},
    in_production={"maximumSeconds": 86400, "maximumIdleSeconds": 28800, "maximumRememberedSeconds": 1209600},
    breaks=(
        (Set(Where("Realm"), {"ssoSessionMaxLifespan": 2592000}),),
        (Set(Where("Realm"), {"ssoSessionIdleTimeout": 2592000, "ssoSessionMaxLifespan": 2592000}),),
        (Set(Where("Realm"), {"rememberMe": True, "ssoSessionMaxLifespanRememberMe": 31536000}),),
    ),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """With and without use, and for users who are remembered."""
    limits = [("ssoSessionMaxLifespan", "maximumSeconds"), ("ssoSessionIdleTimeout", "maximumIdleSeconds")]
    if realm.get("rememberMe"):
        limits += [
            ("ssoSessionMaxLifespanRememberMe", "maximumRememberedSeconds"),
            ("ssoSessionIdleTimeoutRememberMe", "maximumRememberedSeconds"),
        ]
    for field, parameter in limits:
        seconds, most = realm.get(field), scene.parameters[parameter]
        if seconds > most:
            yield Violation(
                field, f"sessions last {words(seconds)}; {words(most)} at most", f"{field}: {most}"
            )
