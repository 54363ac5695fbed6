"""Nobody makes an account for themselves."""

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
    id="realm-self-registration",
    severity="medium",
    title="Nobody makes an account for themselves",
    why="With registration on, the login page offers an account to everybody who reaches it, and the account can log in to every client "
    "of the realm: a token is then no sign that somebody is known.",
    fix="registrationAllowed: false",
    see="https://keycloak.org/docs/latest/server_admin/index.html#con-user-registration_server_administration_guide",
    on=("Realm",),
    ephemeral="advisory",
    breaks=((Set(Where("Realm"), {"registrationAllowed": True}),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """User registration is off."""
    del scene
    if realm.get("registrationAllowed"):
        yield Violation("registrationAllowed", "lets everybody who sees the login page make an account")
