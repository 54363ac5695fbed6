"""Initial access tokens expire soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.examples import INITIAL_ACCESS_TOKEN
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="initial-access-token-lifetime",
    severity="medium",
    title="Initial access tokens expire soon",
    why="Whoever has such a token makes clients in the realm, without a person and without the limits for anonymous "
    "registration. One without an end stays good in mails, scripts and logs.",
    fix="expirationSeconds: 86400",
    see="https://www.keycloak.org/securing-apps/client-registration#_initial_access_token",
    on=("InitialAccessToken",),
    parameters={"seconds": 7 * 86400},
    in_production={"seconds": 86400},
    breaks=tuple(
        (INITIAL_ACCESS_TOKEN, Set(Where("InitialAccessToken"), {"expirationSeconds": seconds}))
        for seconds in (0, 365 * 86400)
    ),
)
def check(token: Thing, scene: Scene) -> Iterator[Violation]:
    """It ends, and not later than is configured."""
    seconds, longest = token.get("expirationSeconds"), scene.parameters["seconds"]
    if seconds == 0:
        yield Violation("expirationSeconds", "never expires")
    elif seconds > longest:
        yield Violation("expirationSeconds", f"is good for {seconds} seconds, more than {longest}")
