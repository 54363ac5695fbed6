"""The limit for registration is within reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.registration import POLICIES, is_anonymous
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="registration-max-clients",
    severity="low",
    title="The limit for registration is within reason",
    why="Registration goes on until the realm has that many clients, declared ones too. A limit far above what is used does not"
    " stop a script that registers clients by the thousand.",
    fix="maxClients: 200",
    see=POLICIES,
    on=("MaxClientsPolicy",),
    parameters={"most": 500},
    in_production={"most": 200},
    breaks=((Set(Where("MaxClientsPolicy"), {"maxClients": 100000}),),),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """The limit is not above the one that is configured."""
    most = scene.parameters["most"]
    if is_anonymous(policy) and policy.get("maxClients") > most:
        yield Violation("maxClients", f"lets clients register until there are more than {most}")
