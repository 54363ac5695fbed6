"""Registrations ask for allowed scopes only."""

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
    id="registration-scopes",
    severity="high",
    title="Registrations ask for allowed scopes only",
    why="Without this policy a client that registers itself gives itself any client scope of the realm, and with it the "
    "audiences and claims that were meant for others.",
    fix="declare an AllowedClientScopesPolicy with the scopes of the servers",
    see=POLICIES,
    on=("Realm",),
    beside=("AllowedClientScopesPolicy",),
    breaks=tuple(
        (Remove(Where("AllowedClientScopesPolicy", {"registration": registration})),)
        for registration in ("anonymous", "authenticated")
    ),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a policy that says which scopes."""
    for registration in ("anonymous", "authenticated"):
        if is_missing("AllowedClientScopesPolicy", realm, scene, registration):
            yield Violation(
                "",
                f"has no Allowed Client Scopes policy for {registration} registration: any scope can be had",
            )
