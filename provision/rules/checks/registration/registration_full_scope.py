"""Clients that register themselves get no roles."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_missing


@rule(
    id="registration-full-scope",
    severity="high",
    title="Clients that register themselves get no roles",
    why="With full scope a client's tokens carry every role of its user, an administrator's too, whatever it asked for. Nobody "
    "has looked at a client that registered itself.",
    fix="declare a FullScopeDisabledPolicy",
    example='no FullScopeDisabledPolicy (registration: "anonymous")',
    see=POLICIES,
    on=("Realm",),
    beside=("FullScopeDisabledPolicy",),
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a policy switches full scope off for registered clients."""
    if is_missing("FullScopeDisabledPolicy", realm, context):
        yield Violation(
            "",
            "has no Full Scope Disabled policy: the tokens of clients that register themselves can carry all roles of a user",
        )
