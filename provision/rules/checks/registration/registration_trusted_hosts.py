"""Registration is limited to trusted hosts."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES, is_missing


@rule(
    id="registration-trusted-hosts",
    severity="high",
    title="Registration is held to trusted hosts",
    why="Without this policy anybody on the network can make clients in the realm, with a name and a redirect address of their "
    "choice, and so ask its users for access under a false name. It is the policy that shuts registration in a new realm; "
    "deleting it to make registration work opens it to the world.",
    fix="declare a TrustedHostsPolicy with the hosts that may register",
    example='no TrustedHostsPolicy (registration: "anonymous")',
    see=POLICIES,
    on=("Realm",),
    beside=("TrustedHostsPolicy",),
)
def check(realm: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that a policy lists the trusted hosts."""
    if is_missing("TrustedHostsPolicy", realm, context):
        yield Violation("", "has no Trusted Hosts policy: anybody can register clients")
