"""There is a limit to how many clients register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Remove, Where
from provision.rules.registration import POLICIES, is_missing
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="registration-client-limit",
    severity="medium",
    title="There is a limit to how many clients register",
    why="Every registration stays in the database. Without a limit one script can fill it, and the clients that nobody knows "
    "hide among the others.",
    fix="declare a MaxClientsPolicy: maxClients: 200",
    see=POLICIES,
    on=("Realm",),
    beside=("MaxClientsPolicy",),
    breaks=((Remove(Where("MaxClientsPolicy", {"registration": "anonymous"})),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a policy that limits them."""
    if is_missing("MaxClientsPolicy", realm, scene):
        yield Violation("", "has no Max Clients policy: any number of clients can register")
