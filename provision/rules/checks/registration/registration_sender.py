"""Registrations come from trusted hosts."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_anonymous


@rule(
    id="registration-sender",
    severity="medium",
    title="Registrations come from trusted hosts",
    why="When the sender is not looked at, every machine that reaches Keycloak can register clients until the limit is reached."
    " Hosted clients register from changing addresses: declare those that you know as clients instead, or waive this rule "
    "with the reason.",
    fix="hostSendingRegistrationRequestMustMatch: true",
    example="TrustedHostsPolicy: hostSendingRegistrationRequestMustMatch: false",
    see=POLICIES,
    on=("TrustedHostsPolicy",),
    ephemeral="advisory",
)
def check(policy: Resource) -> Iterator[Violation]:
    """Check that the sender of a registration is checked."""
    if is_anonymous(policy) and not policy.get("hostSendingRegistrationRequestMustMatch"):
        yield Violation("hostSendingRegistrationRequestMustMatch", "lets any machine register clients")
