"""Clients that register themselves ask for consent."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_missing


@rule(
    id="registration-consent",
    severity="high",
    title="Clients that register themselves ask for consent",
    why="Nobody has looked at such a client. When its users are not asked, a link is enough for it to get tokens of everybody "
    "who is logged in.",
    fix="declare a ConsentRequiredPolicy",
    example='no ConsentRequiredPolicy (registration: "anonymous")',
    see=POLICIES,
    on=("Realm",),
    beside=("ConsentRequiredPolicy",),
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a policy makes registered clients ask for consent."""
    if is_missing("ConsentRequiredPolicy", realm, context):
        yield Violation(
            "",
            "has no Consent Required policy: clients that register themselves get tokens without asking the user",
        )
