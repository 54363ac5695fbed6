"""No client registers itself in production."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.registration import is_anonymous


@rule(
    id="registration-in-production",
    severity="medium",
    title="No client registers itself in production",
    why="Registration without a token makes clients that nobody has looked at, and it is deprecated by the MCP specification of"
    " 2026-07-28. In production clients are declared, come with an initial access token, or are known by the address of "
    "their metadata.",
    fix="provision:registration: {enabled: false}",
    example='TrustedHostsPolicy: trustedHosts: ["vscode.dev"]',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#dynamic-client-registration",
    on=("TrustedHostsPolicy",),
    profiles=("staging", "prod"),
    staging="advisory",
)
def check(policy: Resource) -> Iterator[Violation]:
    """Check that nobody may register without a token."""
    if is_anonymous(policy) and any(policy.items("trustedHosts")):
        yield Violation("trustedHosts", "lets programs on these hosts register clients without a token")
