"""What administrators do is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="realm-admin-events",
    severity="medium",
    title="What administrators do is recorded",
    why="An administrator, or who stole the account, can add a client, a redirect URI or a role in a minute. Without admin events nobody "
    "can tell who changed what. Keycloak keeps none by itself.",
    fix="realm: {events: true} # of a Realm: adminEventsEnabled: true",
    see="https://keycloak.org/docs/latest/server_admin/index.html#configuring-auditing-to-track-events",
    on=("Realm",),
    ephemeral="advisory",
    breaks_in="prod",
    breaks=((Set(Where("Realm"), {"adminEventsEnabled": False}),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """Admin events are kept."""
    del scene
    if not realm.get("adminEventsEnabled"):
        yield Violation("adminEventsEnabled", "keeps no record of what administrators change")
