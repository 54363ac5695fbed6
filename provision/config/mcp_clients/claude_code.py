"""Claude Code."""

from __future__ import annotations

import shlex

from provision.config.mcp_clients import ConfigurationFile, McpClient, Server, oauth_entry


def _command(server: Server) -> str:
    client = ["--client-id", server.client_id] if server.client_id else []
    return shlex.join(["claude", "mcp", "add", "--transport", "http", *client, server.name, server.url])


CLIENT = McpClient(
    title="Claude Code",
    redirect_uris=("http://localhost/callback",),
    file=ConfigurationFile(
        path=".mcp.json",
        key="mcpServers",
        entry=oauth_entry,
        after="Say /mcp in Claude Code and choose the server; a browser opens for the login.",
        command=_command,
        ca_variable="NODE_EXTRA_CA_CERTS",
    ),
)
