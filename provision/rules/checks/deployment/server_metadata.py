"""An MCP server's metadata names the issuer of the tokens that it accepts."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="server-metadata",
    severity="high",
    title="An MCP server's metadata names the issuer of the tokens that it takes",
    why="Clients log their users in where the metadata says. If it names another authorization server, users type their passwords there, "
    "and tokens that come back are refused, or are another party's.",
    fix="authorization_servers: the issuer alone",
    example='McpServer: authorizationServers: ["https://other.example.org/realms/mcp"]',
    see="https://datatracker.ietf.org/doc/html/rfc9728#section-2",
    on=("McpServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the metadata names the issuers that the server checks."""
    issuers = server.get("issuers")
    for named in server.items("authorizationServers"):
        if named not in issuers:
            yield Violation("authorizationServers", f"names {named}, whose tokens it does not take")
