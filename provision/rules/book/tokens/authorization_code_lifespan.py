"""Authorization codes are redeemed at once."""

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
    id="authorization-code-lifespan",
    severity="medium",
    title="Authorization codes are redeemed at once",
    why="A program redeems its code within a second. The longer an unused one is good, the longer a stolen one can be redeemed.",
    fix="accessCodeLifespan: 60 # seconds",
    see="https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2",
    on=("Realm",),
    parameters={"maximumSeconds": 600},
    in_production={"maximumSeconds": 120},
    breaks=((Set(Where("Realm"), {"accessCodeLifespan": 3600}),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """OAuth 2.1 allows ten minutes at most."""
    seconds, most = realm.get("accessCodeLifespan"), scene.parameters["maximumSeconds"]
    if seconds > most:
        yield Violation("accessCodeLifespan", f"codes are good for {words(seconds)}; {words(most)} at most")
