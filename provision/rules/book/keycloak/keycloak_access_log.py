"""Keycloak's access log names no token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_LOGGED = re.compile(
    r"%\{[io],((?:proxy-)?authorization|(?:set-)?cookie2?|dpop)\}|%\{c,[^}]+\}", re.IGNORECASE
)


@rule(
    id="keycloak-access-log",
    severity="medium",
    title="Keycloak's access log names no token",
    why="A pattern of one's own that names the Authorization or Cookie header writes tokens and sessions into the log in full; "
    "Keycloak hides them only in its own patterns.",
    fix="http-access-log-pattern=combined",
    see="https://www.keycloak.org/server/logging",
    on=("KeycloakServer",),
    ephemeral="advisory",
    breaks=((Set(Where("KeycloakServer"), {"accessLogPattern": "%h %r %{i,Authorization}"}),),),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """The pattern has no header or cookie that lets somebody in."""
    del scene
    for name in _LOGGED.findall(str(server.get("accessLogPattern"))):
        yield Violation("accessLogPattern", f"writes {name} into the log")
