"""An MCP server expects the issuer that Keycloak writes."""

from collections.abc import Iterator

from provision.rules import Resource, RuleContext, Violation, rule


@rule(
    id="server-issuer-exact",
    severity="medium",
    title="An MCP server compares with the issuer that Keycloak writes",
    why="Issuers are compared letter by letter. With a slash at the end or another host name every token is refused, or somebody makes the comparison lax "
    "to get it working.",
    fix="issuer: https://login.example.org/realms/mcp, as /.well-known/openid-configuration of the realm has it",
    example='McpServer: issuer: "http://localhost:8080/realms/mcp/", issuers: ["http://localhost:8080/realms/mcp/"], authorizationServers: ["http://localhost:8080/realms/mcp/"]',
    see="https://datatracker.ietf.org/doc/html/rfc8414#section-3.3",
    on=("McpServer",),
    beside=("KeycloakServer", "Realm"),
)
def check(server: Resource, context: RuleContext) -> Iterator[Violation]:
    """Check that the issuer is the address of a visible Keycloak with the name of a visible realm."""
    issuer = server.get("issuer")
    if issuer and issuer.endswith("/"):
        yield Violation("issuer", "ends in a slash, and Keycloak's does not")
    elif issuer and not _is_written_here(issuer, context):
        yield Violation("issuer", "is not the issuer of a realm that is declared here")


def _is_written_here(issuer: str, context: RuleContext) -> bool:
    """Return whether a visible Keycloak and realm make this issuer; True if none is visible."""
    seen = False
    for realm in context.of("Realm"):
        for keycloak in context.of("KeycloakServer"):
            seen = True
            if issuer == f"{keycloak.get('url')}/realms/{realm.get('name')}":
                return True
    return not seen
