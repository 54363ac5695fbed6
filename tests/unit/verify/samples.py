"""A stack that is nowhere: nothing listens on its ports."""

from __future__ import annotations

from provision.keycloak.connection import Connection
from provision.verify import Target

TARGET = Target(
    issuer="http://localhost:9/realms/mcp",
    realm="mcp",
    server_url="http://localhost:9/mcp",
    scopes=("mcp:tools",),
    introspection_client_id="mcp-server",
    introspection_client_secret="s-introspection",
    demo_username="demo",
    demo_password="s-password",
    public_client_id="mcp-client",
    connection=Connection(url="http://localhost:9", client_id="provision-admin", client_secret="s-admin"),
)
