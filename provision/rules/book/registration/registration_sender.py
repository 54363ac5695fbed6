"""Registrations come from trusted hosts."""

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
    id="registration-sender",
    severity="medium",
    title="Registrations come from trusted hosts",
    why="When the sender is not looked at, every machine that reaches Keycloak can register clients until the limit is reached."
    " Hosted clients register from changing addresses: declare those that you know as clients instead, or waive this rule "
    "with the reason.",
    fix="hostSendingRegistrationRequestMustMatch: true",
    see=POLICIES,
    on=("TrustedHostsPolicy",),
    ephemeral="advisory",
    breaks=((Set(Where("TrustedHostsPolicy"), {"hostSendingRegistrationRequestMustMatch": False}),),),
)
def check(policy: Thing, scene: Scene) -> Iterator[Violation]:
    """The sender of a registration is checked."""
    del scene
    if is_anonymous(policy) and not policy.get("hostSendingRegistrationRequestMustMatch"):
        yield Violation("hostSendingRegistrationRequestMustMatch", "lets any machine register clients")
