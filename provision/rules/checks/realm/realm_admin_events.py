"""Administrators' actions are recorded."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="realm-admin-events",
    severity="medium",
    title="What administrators do is recorded",
    why="An administrator, or who stole the account, can add a client, a redirect URI or a role in a minute. Without admin events nobody "
    "can tell who changed what. Keycloak keeps none by itself.",
    fix="provision:realm: {events: true} # of a Realm: adminEventsEnabled: true",
    example="Realm: adminEventsEnabled: false",
    see="https://keycloak.org/docs/latest/server_admin/index.html#configuring-auditing-to-track-events",
    on=("Realm",),
    ephemeral="advisory",
)
def check(realm: Resource) -> Iterator[Violation]:
    """Check that admin events are kept."""
    if not realm.get("adminEventsEnabled"):
        yield Violation("adminEventsEnabled", "keeps no record of what administrators change")
