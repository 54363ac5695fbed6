"""The admin console has an address of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.urls import host
from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="keycloak-admin-hostname",
    severity="medium",
    title="The admin console has an address of its own",
    why="On the public address everybody can reach the login of the administrators, and every hole in the console with it. "
    "With an address of its own it can be kept inside.",
    fix="hostname-admin=https://keycloak.internal.example.org, and no route for /admin on the public proxy",
    see="https://www.keycloak.org/server/hostname",
    on=("KeycloakServer",),
    profiles=("prod",),
    breaks=(
        (Set(Where("KeycloakServer"), {"adminHostname": None}),),
        (Set(Where("KeycloakServer"), {"adminHostname": "https://login.example.org"}),),
    ),
    breaks_in="kubernetes",
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """It is another host than the public one; either may be a bare host, and what is no URL is no address of its own."""
    del scene
    own = host(server.get("adminHostname") or "")
    if not own:
        yield Violation("adminHostname", "serves the admin console on the public address")
    elif own == host(server.get("hostname") or ""):
        yield Violation("adminHostname", "is the public address")
