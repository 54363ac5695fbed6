"""Good objects that not every good stack has: cases of rules add them and then break them."""

from __future__ import annotations

from typing import Final

from tests.support.mutations import Add, Have

SERVER: Final = Have(
    "McpServer",
    {
        "name": "calculator",
        "url": "http://localhost:3000/mcp",
        "audience": "http://localhost:3000/mcp",
        "issuer": "http://localhost:8080/realms/mcp",
        "verifier": "introspection",
        "scopes": ["mcp:tools"],
        "toolScopes": {},
        "introspectionClientId": "mcp-server",
        "loopback": True,
    },
)
"""The server of the development stack, for programs that do not show one."""
INITIAL_ACCESS_TOKEN: Final = Add(
    "InitialAccessToken",
    {"realm": "mcp", "name": "for a partner", "expirationSeconds": 3600, "count": 1},
)
CLIENT_METADATA: Final = Add(
    "ClientProfile",
    {
        "realm": "mcp",
        "name": "metadata",
        "clientIdMetadataDocument": {"allowHttpScheme": False, "trustedDomains": ["vscode.dev"]},
    },
)
"""A profile for clients whose id is the address of their metadata."""
