"""Logins are recorded."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="realm-login-events",
    severity="medium",
    title="Logins are recorded",
    why="Without events nobody can tell afterwards who logged in, from where, with which client, and how often it failed: an attack is "
    "not seen and a theft can't be traced. Keycloak keeps none by itself.",
    fix="provision:realm: {events: true} # of a Realm: eventsEnabled: true",
    example="Realm: eventsEnabled: false",
    see="https://keycloak.org/docs/latest/server_admin/index.html#configuring-auditing-to-track-events",
    on=("Realm",),
    ephemeral="advisory",
    parameters={"types": ["LOGIN", "LOGIN_ERROR", "CODE_TO_TOKEN_ERROR", "REFRESH_TOKEN_ERROR"]},
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that login events are kept, with at least the listed types."""
    if not realm.get("eventsEnabled"):
        yield Violation("eventsEnabled", "keeps no record of logins")
        return
    kept = realm.get("enabledEventTypes")
    missing = [name for name in context.parameters["types"] if name not in kept] if kept else []
    if missing:
        yield Violation("enabledEventTypes", f"keeps no {', '.join(missing)}")
