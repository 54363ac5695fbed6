"""Clients that register themselves get no roles."""

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
    id="registration-full-scope",
    severity="high",
    title="Clients that register themselves get no roles",
    why="With full scope a client's tokens carry every role of its user, an administrator's too, whatever it asked for. Nobody "
    "has looked at a client that registered itself.",
    fix="declare a FullScopeDisabledPolicy",
    see=POLICIES,
    on=("Realm",),
    beside=("FullScopeDisabledPolicy",),
    breaks=((Remove(Where("FullScopeDisabledPolicy", {"registration": "anonymous"})),),),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a policy that keeps roles away from them."""
    if is_missing("FullScopeDisabledPolicy", realm, scene):
        yield Violation(
            "",
            "has no Full Scope Disabled policy: the tokens of clients that register themselves can carry all roles of a user",
        )
