"""A stack that is nowhere: nothing listens on its ports."""

from __future__ import annotations

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
    keycloak_url="http://localhost:9",
    admin_client_id="provision-admin",
    admin_client_secret="s-admin",
)
