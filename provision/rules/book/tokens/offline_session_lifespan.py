"""Offline sessions end."""

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
    id="offline-session-lifespan",
    severity="medium",
    title="Offline sessions end",
    why="A client with offline access renews its tokens without the user. Without an end a stolen refresh token, or a client that was "
    "forgotten, has access for ever. Keycloak has the end switched off.",
    fix="offlineSessionMaxLifespanEnabled: true # with offlineSessionMaxLifespan: 5184000 (seconds)",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_offline-session-max-limited",
    on=("Realm",),
    ephemeral="advisory",
    parameters={"maximumSeconds": 7776000},
    breaks=(
        (Set(Where("Realm"), {"offlineSessionMaxLifespanEnabled": False}),),
        (Set(Where("Realm"), {"offlineSessionMaxLifespan": 31536000}),),
    ),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """They have an end, and one that is near enough."""
    most = scene.parameters["maximumSeconds"]
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
