"""Registrations bring harmless mappers only."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_missing


@rule(
    id="registration-mappers",
    severity="high",
    title="Registrations bring harmless mappers only",
    why="A client can register with protocol mappers, which write claims into its tokens. Without this policy it writes what it"
    " likes: another server's audience, a role, the name of another user.",
    fix="declare an AllowedProtocolMappersPolicy",
    example='no AllowedProtocolMappersPolicy (registration: "anonymous")',
    see=POLICIES,
    on=("Realm",),
    beside=("AllowedProtocolMappersPolicy",),
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a policy lists the allowed mappers."""
    for registration in ("anonymous", "authenticated"):
        if is_missing("AllowedProtocolMappersPolicy", realm, context, registration):
            yield Violation(
                "",
                f"has no Allowed Protocol Mapper Types policy for {registration} registration: clients can write any claim",
            )
