"""How MCP clients are told of a server: the file that each reads, and where it expects to be sent back to."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Server:
    """A server as a client needs to know it.

    Args:
        name: What the client calls it.
        url: Its canonical URI.
        scopes: The scopes that its tools need.
        client_id: The pre-registered client; None where the MCP client registers itself.
    """

    name: str
    url: str
    scopes: tuple[str, ...]
    client_id: str | None


@dataclass(frozen=True)
class McpClient:
    """A program that connects to MCP servers.

    Args:
        title: Its name.
        file: The file of a project that it reads.
        redirect_uris: Where it is sent back to after a login; a pre-registered client needs all of them.
        key: The key of the file under which servers stand.
        entry: What stands there for a server.
        command: The shell command that does the same, or None.
        after: What starts the login.
        ca_variable: The variable that names a further certificate authority, besides those that the system trusts.
    """

    title: str
    file: str
    redirect_uris: tuple[str, ...]
    key: str
    entry: Callable[[Server], dict[str, Any]]
    command: Callable[[Server], str] | None
    after: str
    ca_variable: str | None = None

    def content(self, servers: Iterable[Server]) -> dict[str, Any]:
        """The file's content."""
        return {self.key: {server.name: self.entry(server) for server in servers}}


def _oauth(server: Server) -> dict[str, Any]:
    oauth = {"oauth": {"clientId": server.client_id}} if server.client_id else {}
    return {"type": "http", "url": server.url, **oauth}


def _claude_code_command(server: Server) -> str:
    client = ["--client-id", server.client_id] if server.client_id else []
    return shlex.join(["claude", "mcp", "add", "--transport", "http", *client, server.name, server.url])


def _cursor(server: Server) -> dict[str, Any]:
    auth = (
        {"auth": {"CLIENT_ID": server.client_id, "scopes": list(server.scopes)}} if server.client_id else {}
    )
    return {"url": server.url, **auth}


MCP_CLIENTS = {
    "vscode": McpClient(
        "Visual Studio Code",
        ".vscode/mcp.json",
        ("http://127.0.0.1:33418/", "https://vscode.dev/redirect"),
        "servers",
        _oauth,
        None,
        "Open the file and choose Start above the server; a browser opens for the login.",
    ),
    "claude-code": McpClient(
        "Claude Code",
        ".mcp.json",
        ("http://localhost/callback",),
        "mcpServers",
        _oauth,
        _claude_code_command,
        "Say /mcp in Claude Code and choose the server; a browser opens for the login.",
        "NODE_EXTRA_CA_CERTS",
    ),
    "cursor": McpClient(
        "Cursor",
        ".cursor/mcp.json",
        ("http://localhost:8787/callback",),
        "mcpServers",
        _cursor,
        None,
        "Switch the server on under Settings, MCP; a browser opens for the login.",
    ),
}
"""The clients by the name that the command line has for them. Sources: the documentation of each, as of November 2026."""
