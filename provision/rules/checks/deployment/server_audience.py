"""An MCP server accepts only tokens made for it."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="server-audience",
    severity="high",
    title="An MCP server takes only tokens that are for it",
    why="Without an audience to compare with, a token that a user gave to any other server of the realm works here too. "
    "The MCP specification wants servers to refuse those.",
    fix="url: https://mcp.example.org/mcp, the audience of its tokens",
    example="McpServer: audience: null",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
    on=("McpServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the server's audience is set."""
    if not server.get("audience"):
        yield Violation("audience", "takes tokens for any server")
