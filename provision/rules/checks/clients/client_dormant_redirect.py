"""A client that logs nobody in has no open redirect URI."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule
from provision.rules.helpers.redirects import is_redirected_to


@rule(
    id="client-dormant-redirect",
    severity="low",
    title="Clients without logins have no wildcard redirect URI",
    why="Nobody is sent there while the flows are off. With one switch, later and by somebody else, anybody's page gets the codes: the "
    "redirect URIs were there already, and nobody looks at them again.",
    fix="redirectUris: []",
    example='Client (clientId: "mcp-server"): redirectUris: ["*"]',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-4.1",
    on=("Client",),
)
def check(client: Resource) -> Iterator[Violation]:
    """Check that no redirect URI of a client without standard and implicit flow has a wildcard."""
    if is_redirected_to(client):
        return
    for field in ("redirectUris", "postLogoutRedirectUris"):
        for uri in client.items(field):
            if "*" in uri:
                yield Violation(
                    field, f"would be sent anywhere below {uri} if logins were switched on", part=uri
                )
