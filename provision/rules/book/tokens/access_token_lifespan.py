"""Access tokens are short-lived."""

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
    id="access-token-lifespan",
    severity="medium",
    title="Access tokens are short-lived",
    why="Whoever finds an access token (in a log, a proxy, a debugger) can use it until it ends; a server that checks signatures only "
    "takes it even after the logout. Clients renew theirs by themselves, so users notice nothing of a short life.",
    fix="realm: {accessTokenLifespan: 300} # seconds; of a Client: accessTokenLifespan",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#token-theft",
    on=("Realm", "Client"),
    parameters={"maximumSeconds": 900},
    in_production={"maximumSeconds": 300},
    breaks=(
        (Set(Where("Realm"), {"accessTokenLifespan": 3600}),),
        (Set(Where("Client", {"access": "public"}), {"accessTokenLifespan": 86400}),),
    ),
)
def check(thing: Thing, scene: Scene) -> Iterator[Violation]:
    """The realm's and each client's own."""
    most = scene.parameters["maximumSeconds"]
    seconds = thing.get("accessTokenLifespan")
    if seconds is not None and seconds > most:
        yield Violation(
            "accessTokenLifespan", f"access tokens are good for {words(seconds)}; {words(most)} at most"
        )
