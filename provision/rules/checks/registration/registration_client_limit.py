"""The number of registered clients is limited."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_missing


@rule(
    id="registration-client-limit",
    severity="medium",
    title="There is a limit to how many clients register",
    why="Every registration stays in the database. Without a limit one script can fill it, and the clients that nobody knows "
    "hide among the others.",
    fix="declare a MaxClientsPolicy: maxClients: 200",
    example='no MaxClientsPolicy (registration: "anonymous")',
    see=POLICIES,
    on=("Realm",),
    beside=("MaxClientsPolicy",),
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a policy limits the number of clients."""
    if is_missing("MaxClientsPolicy", realm, context):
        yield Violation("", "has no Max Clients policy: any number of clients can register")
