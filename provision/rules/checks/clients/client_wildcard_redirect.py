"""Redirect URIs are exact."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.redirects import is_redirected_to


@rule(
    id="client-wildcard-redirect",
    severity="high",
    title="Redirect URIs are exact",
    why="An authorization code is sent to the redirect URI. With a wildcard any page below it may be named, and one that forwards "
    "or shows what it is sent (an open redirect, a wiki, an upload) hands the code to an attacker. OAuth 2.1 and MCP ask for "
    "exact comparison.",
    fix="redirectUris: [https://app.example.org/callback] # each address in full, without *",
    example='Client (access: "public"): redirectUris: ["https://claude.ai/*"]',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-4.1",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that no redirect URI, for logins and for logouts, has a wildcard."""
    if not is_redirected_to(client):
        return
    for field in ("redirectUris", "postLogoutRedirectUris"):
        for uri in client.items(field):
            if "*" in uri:
                yield Violation(field, f"may be sent anywhere below {uri}", part=uri)
