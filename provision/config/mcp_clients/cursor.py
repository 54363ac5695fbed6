"""Cursor."""

from __future__ import annotations

from typing import Any

from provision.config.mcp_clients import ConfigurationFile, McpClient, Server


def _entry(server: Server) -> dict[str, Any]:
    auth = (
        {"auth": {"CLIENT_ID": server.client_id, "scopes": list(server.scopes)}} if server.client_id else {}
    )
    return {"url": server.url, **auth}


CLIENT = McpClient(
    title="Cursor",
    redirect_uris=("http://localhost:8787/callback",),
    hosts=("anysphere.cursor-mcp", "www.cursor.com"),
    schemes=("cursor",),
    file=ConfigurationFile(
        path=".cursor/mcp.json",
        key="mcpServers",
        entry=_entry,
        after="Switch the server on under Settings, MCP; a browser opens for the login.",
    ),
)
