"""Registrations bring harmless mappers only."""

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
    id="registration-mappers",
    severity="high",
    title="Registrations bring harmless mappers only",
    why="A client can register with protocol mappers, which write claims into its tokens. Without this policy it writes what it"
    " likes: another server's audience, a role, the name of another user.",
    fix="declare an AllowedProtocolMappersPolicy",
    see=POLICIES,
    on=("Realm",),
    beside=("AllowedProtocolMappersPolicy",),
    breaks=tuple(
        (Remove(Where("AllowedProtocolMappersPolicy", {"registration": registration})),)
        for registration in ("anonymous", "authenticated")
    ),
)
def check(realm: Thing, scene: Scene) -> Iterator[Violation]:
    """There is a policy that says which mappers."""
    for registration in ("anonymous", "authenticated"):
        if is_missing("AllowedProtocolMappersPolicy", realm, scene, registration):
            yield Violation(
                "",
                f"has no Allowed Protocol Mapper Types policy for {registration} registration: clients can write any claim",
            )
