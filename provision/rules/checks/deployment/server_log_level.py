"""An MCP server's log does not show requests."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="server-log-level",
    severity="medium",
    title="An MCP server's log does not show requests",
    why="At the level debug, HTTP libraries and MCP libraries write headers and arguments of calls into the log, tokens among them.",
    fix="FASTMCP_LOG_LEVEL=INFO, and no --debug",
    example='McpServer: logLevel: "DEBUG"',
    see="https://gofastmcp.com/more/settings",
    on=("McpServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that no setting of the deployment raises the log level."""
    level = str(server.get("logLevel")).lower()
    if level in {"debug", "trace", "all"}:
        yield Violation("logLevel", f"logs at {level}")
