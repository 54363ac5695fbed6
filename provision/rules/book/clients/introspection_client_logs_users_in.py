"""A server's client is no application's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add, Set, Where
from provision.rules.introspection import BESIDE, introspects
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="introspection-client-logs-users-in",
    severity="high",
    title="The client that a server introspects with logs nobody in",
    why="An MCP server asks Keycloak about tokens with a client and a secret of its own. When that is the client with which an "
    "application logs users in, tokens for the application are good at the server too, and the secret is in two places: whoever "
    "has it from one can act as the other.",
    fix="standardFlow: false # and a public client of its own for the application (clients: in the stack file)",
    see="https://www.rfc-editor.org/rfc/rfc7662#section-4",
    on=("Client",),
    beside=BESIDE,
    breaks=(
        (
            Set(
                Where("Client", {"access": "confidential"}),
                {"standardFlow": True, "redirectUris": ["https://claude.ai/api/mcp/auth_callback"]},
            ),
        ),
        (Set(Where("Client", {"access": "confidential"}), {"deviceGrant": True}),),
        (
            Add(
                "AudienceMapper",
                {"name": "application-audience", "includedClientAudience": "mcp-client"},
                like=Where("AudienceMapper", {"name": "introspection-audience"}),
            ),
        ),
    ),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """Neither the code nor the device grant is on."""
    for field in ("standardFlow", "deviceGrant"):
        if client.get(field) and introspects(client, scene):
            yield Violation(field, "logs users in, and an MCP server introspects with it or takes its tokens")
            return
