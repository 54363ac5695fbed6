"""Logins are recorded."""

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
    id="realm-login-events",
    severity="medium",
    title="Logins are recorded",
    why="Without events nobody can tell afterwards who logged in, from where, with which client, and how often it failed: an attack is "
    "not seen and a theft can't be traced. Keycloak keeps none by itself.",
    fix="realm: {events: true} # of a Realm: eventsEnabled: true",
    see="https://keycloak.org/docs/latest/server_admin/index.html#configuring-auditing-to-track-events",
    on=("Realm",),
    ephemeral="advisory",
    parameters={"types": ["LOGIN", "LOGIN_ERROR", "CODE_TO_TOKEN_ERROR", "REFRESH_TOKEN_ERROR"]},
    breaks_in="prod",
    breaks=(
        (Set(Where("Realm"), {"eventsEnabled": False}),),
        (Set(Where("Realm"), {"enabledEventTypes": ["LOGOUT", "REGISTER"]}),),
    ),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """They are kept, and with those types at least."""
    if not realm.get("eventsEnabled"):
        yield Violation("eventsEnabled", "keeps no record of logins")
        return
    kept = realm.get("enabledEventTypes")
    missing = [name for name in scene.parameters["types"] if name not in kept] if kept else []
    if missing:
        yield Violation("enabledEventTypes", f"keeps no {', '.join(missing)}")
