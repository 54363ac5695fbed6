"""Passwords and tokens cross the network encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_STRICTNESS = ("none", "external", "all")


@rule(
    id="realm-ssl-required",
    severity="high",
    title="Keycloak is spoken to by HTTPS",
    why="Passwords, codes and tokens are in the requests to Keycloak: by plain HTTP everybody on the way reads them. `external` lets "
    "private addresses do without, which in production is everybody in the same network or cluster.",
    fix="realm: {sslRequired: all} # external is enough for development",
    see="https://keycloak.org/docs/latest/server_admin/index.html#_ssl_modes",
    on=("Realm",),
    parameters={"atLeast": "external"},
    in_production={"atLeast": "all"},
    breaks=((Set(Where("Realm"), {"sslRequired": "none"}),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """As strict as the parameter says, or stricter."""
    mode, least = realm.get("sslRequired"), scene.parameters["atLeast"]
    if mode not in _STRICTNESS[_STRICTNESS.index(least) :]:
        who = "everybody" if mode == "none" else "private addresses"
        yield Violation("sslRequired", f"answers {who} by plain HTTP", f"sslRequired: {least}")
