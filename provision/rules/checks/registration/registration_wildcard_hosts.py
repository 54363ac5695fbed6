"""Trusted hosts are named one by one."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.registration import POLICIES


@rule(
    id="registration-wildcard-hosts",
    severity="medium",
    title="Trusted hosts are named one by one",
    why="A wildcard trusts every host below a domain: pages of customers, forgotten names that somebody else can take over, "
    "names that others hand out. Any of them can then be where a client's logins lead.",
    fix="trustedHosts: [vscode.dev, claude.ai]",
    example='TrustedHostsPolicy: trustedHosts: ["localhost", "*.example.org"]',
    see=POLICIES,
    on=("TrustedHostsPolicy",),
    parameters={"allowed": []},
)
def check(policy: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that no trusted host has a wildcard."""
    for host in policy.items("trustedHosts"):
        if "*" in host and host not in context.parameters["allowed"]:
            yield Violation("trustedHosts", f"trusts every host that fits {host}", part=host)
