"""An MCP server accepts tokens of one known issuer."""

from collections.abc import Iterator

from provision.rules import Resource, Violation, rule


@rule(
    id="server-issuer",
    severity="high",
    title="An MCP server knows whose tokens it takes",
    why="Without an issuer to compare with, a token of another realm, or of another Keycloak with the same key set, is as good as one of the right realm.",
    fix="issuer: https://login.example.org/realms/mcp",
    example="McpServer: issuer: null, issuers: [], authorizationServers: []",
    see="https://datatracker.ietf.org/doc/html/rfc9068#section-4",
    on=("McpServer",),
)
def check(server: Resource) -> Iterator[Violation]:
    """Check that the server has exactly one issuer; with several, a token of one realm opens another realm's data."""
    issuers = server.get("issuers")
    if not issuers:
        yield Violation("issuer", "takes tokens of any issuer")
    elif len(issuers) > 1:
        yield Violation("issuers", "takes tokens of several issuers")
