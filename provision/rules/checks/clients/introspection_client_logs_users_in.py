"""A server's client is not used by an application."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule
from provision.rules.helpers.introspection import BESIDE, introspects


@rule(
    id="introspection-client-logs-users-in",
    severity="high",
    title="The client that a server introspects with logs nobody in",
    why="An MCP server asks Keycloak about tokens with a client and a secret of its own. When that is the client with which an "
    "application logs users in, tokens for the application are good at the server too, and the secret is in two places: whoever "
    "has it from one can act as the other.",
    fix="standardFlow: false # and a public client of its own for the application (clients: in the stack file)",
    example='Client (access: "confidential"): standardFlow: true, redirectUris: ["https://claude.ai/api/mcp/auth_callback"]',
    see="https://www.rfc-editor.org/rfc/rfc7662#section-4",
    on=("Client",),
    beside=BESIDE,
)
def check(client: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that neither the code grant nor the device grant is on."""
    for field in ("standardFlow", "deviceGrant"):
        if client.get(field) and introspects(client, context):
            yield Violation(field, "logs users in, and an MCP server introspects with it or takes its tokens")
            return
