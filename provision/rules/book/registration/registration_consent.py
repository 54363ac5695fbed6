"""Clients that register themselves ask for consent."""

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
    id="registration-consent",
    severity="high",
    title="Clients that register themselves ask for consent",
    why="Nobody has looked at such a client. When its users are not asked, a link is enough for it to get tokens of everybody "
    "who is logged in.",
    fix="declare a ConsentRequiredPolicy",
    see=POLICIES,
    on=("Realm",),
    beside=("ConsentRequiredPolicy",),
    breaks=((Remove(Where("ConsentRequiredPolicy", {"registration": "anonymous"})),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a policy that makes them ask."""
    if is_missing("ConsentRequiredPolicy", realm, scene):
        yield Violation(
            "",
            "has no Consent Required policy: clients that register themselves get tokens without asking the user",
        )
