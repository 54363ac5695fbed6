"""Visual Studio Code."""

from __future__ import annotations

from provision.config.mcp_clients import ConfigurationFile, McpClient, oauth_entry

CLIENT = McpClient(
    title="Visual Studio Code",
    redirect_uris=("http://127.0.0.1:33418/", "https://vscode.dev/redirect"),
    other_redirect_uris=("https://insiders.vscode.dev/redirect", "http://127.0.0.1/"),
    hosts=("code.visualstudio.com", "insiders.vscode.dev", "vscode.dev"),
    metadata_hosts=("code.visualstudio.com", "vscode.dev"),
    file=ConfigurationFile(
        path=".vscode/mcp.json",
        key="servers",
        entry=oauth_entry,
        after="Open the file and choose Start above the server; a browser opens for the login.",
    ),
)
