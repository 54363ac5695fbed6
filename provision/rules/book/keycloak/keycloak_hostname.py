"""Keycloak's address is fixed."""

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
    id="keycloak-hostname",
    severity="high",
    title="Keycloak's address is fixed",
    why="Without a fixed host name Keycloak takes it from the request. A forged Host header then puts an attacker's address into password mails, "
    "and tokens carry an issuer that servers must not accept.",
    fix="hostname=https://login.example.org and hostname-strict=true",
    see="https://www.keycloak.org/server/hostname",
    on=("KeycloakServer",),
    ephemeral="advisory",
    breaks=(
        (Set(Where("KeycloakServer"), {"hostname": None}),),
        (Set(Where("KeycloakServer"), {"hostnameStrict": False}),),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a host name, and no request changes it."""
    del scene
    if server.get("hostname") is None:
        yield Violation("hostname", "takes its address from each request")
    elif server.get("hostnameStrict") is False:
        yield Violation("hostnameStrict", "lets requests change its address")
