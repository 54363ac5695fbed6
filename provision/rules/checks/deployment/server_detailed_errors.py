"""An MCP server does not show the details of its errors to clients."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="server-detailed-errors",
    severity="low",
    title="An MCP server keeps the details of its errors",
    why="The text of an exception goes to the client and to its model: paths, queries, addresses of inner systems, sometimes secrets.",
    fix="FASTMCP_MASK_ERROR_DETAILS=true, and no --debug",
    example="McpServer: detailedErrors: true",
    see="https://gofastmcp.com/more/settings",
    on=("McpServer",),
    ephemeral="advisory",
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that no setting of the deployment sends detailed errors to clients."""
    if server.get("detailedErrors"):
        yield Violation("detailedErrors", "sends the details of its errors to clients")
