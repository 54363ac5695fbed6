"""Introspection tells a client only of tokens that are for it."""

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
    id="keycloak-introspection-audience",
    severity="high",
    title="Introspection tells a client only of tokens that are for it",
    why="The option that switches the audience check off brings CVE-2026-37979 back: every client of the realm reads the claims of every token, "
    "and a server believes tokens that were given for another one.",
    fix="remove the option; give the introspecting client's scope an audience mapper for that client",
    see="https://www.keycloak.org/docs/latest/upgrading/",
    on=("KeycloakServer",),
    breaks=((Set(Where("KeycloakServer"), {"introspectionAudienceCheck": False}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """The check is on."""
    del scene
    if server.get("introspectionAudienceCheck") is False:
        yield Violation("introspectionAudienceCheck", "introspects tokens for clients that they are not for")
