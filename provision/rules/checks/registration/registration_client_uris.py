"""Registered clients are on trusted hosts."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.registration import is_anonymous


@rule(
    id="registration-client-uris",
    severity="high",
    title="Registered clients are on trusted hosts",
    why="A client that registers itself says where logins lead. When that may be anywhere, an attacker registers a client with "
    "a well-known name and their own address, and the code of whoever consents goes there. Keycloak checks the addresses "
    "while this is on; the MCP tutorial switches it off.",
    fix="clientUrisMustMatch: true",
    example="TrustedHostsPolicy: clientUrisMustMatch: false",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#open-redirection",
    on=("TrustedHostsPolicy",),
)
def check(policy: Resource) -> Iterator[Violation]:
    """Check that the URIs of a client are checked."""
    if is_anonymous(policy) and not policy.get("clientUrisMustMatch"):
        yield Violation("clientUrisMustMatch", "lets a client register redirect URIs on any host")
