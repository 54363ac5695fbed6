"""Registrations ask for allowed scopes only."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_missing


@rule(
    id="registration-scopes",
    severity="high",
    title="Registrations ask for allowed scopes only",
    why="Without this policy a client that registers itself gives itself any client scope of the realm, and with it the "
    "audiences and claims that were meant for others.",
    fix="declare an AllowedClientScopesPolicy with the scopes of the servers",
    example='no AllowedClientScopesPolicy (registration: "anonymous")',
    see=POLICIES,
    on=("Realm",),
    beside=("AllowedClientScopesPolicy",),
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a policy lists the allowed scopes."""
    for registration in ("anonymous", "authenticated"):
        if is_missing("AllowedClientScopesPolicy", realm, context, registration):
            yield Violation(
                "",
                f"has no Allowed Client Scopes policy for {registration} registration: any scope can be had",
            )
