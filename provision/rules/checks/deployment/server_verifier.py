"""An MCP server checks tokens."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="server-verifier",
    severity="high",
    title="An MCP server checks tokens",
    why="A server that does not check tokens runs its tools for everyone who can reach it. "
    "The MCP specification wants every token validated.",
    fix="verifier: introspection",
    example='McpServer: verifier: "none"',
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
    on=("McpServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the server has a verifier known to check tokens."""
    if server.get("verifier") not in {"introspection", "jwt"}:
        yield Violation("verifier", "does not check tokens")
