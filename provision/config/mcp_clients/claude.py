"""Claude on the web and on the desktop; a user enters the server's URL on Claude's website."""

from __future__ import annotations

from provision.config.mcp_clients import McpClient

CLIENT = McpClient(
    title="Claude",
    redirect_uris=(
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
    ),
    hosts=("claude.ai", "claude.com"),
    metadata_hosts=("claude.ai",),
)
