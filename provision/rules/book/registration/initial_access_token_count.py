"""Initial access tokens are for few clients."""

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
    id="initial-access-token-count",
    severity="low",
    title="Initial access tokens are for few clients",
    why="The count is how many clients can be made with one token. A token that is stolen or passed on makes all that are left.",
    fix="count: 1",
    see="https://www.keycloak.org/securing-apps/client-registration#_initial_access_token",
    on=("InitialAccessToken",),
    parameters={"most": 10},
    breaks=((INITIAL_ACCESS_TOKEN, Set(Where("InitialAccessToken"), {"count": 1000})),),
)
def check(token: Thing, scene: Scene) -> Iterator[Violation]:
    """It is for no more clients than is configured."""
    most = scene.parameters["most"]
    if token.get("count") > most:
        yield Violation("count", f"is good for more than {most} clients")
