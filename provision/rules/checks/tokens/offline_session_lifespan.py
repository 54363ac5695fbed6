"""Offline sessions end."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.durations import words


@rule(
    id="offline-session-lifespan",
    severity="medium",
    title="Offline sessions end",
    why="A client with offline access renews its tokens without the user. Without an end a stolen refresh token, or a client that was "
    "forgotten, has access for ever. Keycloak has the end switched off.",
    fix="offlineSessionMaxLifespanEnabled: true # with offlineSessionMaxLifespan: 5184000 (seconds)",
    example="Realm: offlineSessionMaxLifespanEnabled: false",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_offline-session-max-limited",
    on=("Realm",),
    ephemeral="advisory",
    parameters={"maximumSeconds": 7776000},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that offline sessions end, and soon enough."""
    most = context.parameters["maximumSeconds"]
    if not realm.get("offlineSessionMaxLifespanEnabled"):
        yield Violation("offlineSessionMaxLifespanEnabled", "offline sessions that are used never end")
        return
    seconds = realm.get("offlineSessionMaxLifespan")
    if seconds > most:
        yield Violation(
            "offlineSessionMaxLifespan",
            f"offline sessions last {words(seconds)}; {words(most)} at most",
            f"offlineSessionMaxLifespan: {most}",
        )
