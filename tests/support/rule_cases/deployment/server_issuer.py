"""Changes that break the rule ``server-issuer``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("McpServer"), {"issuer": None, "issuers": [], "authorizationServers": []}),),
    (
        Set(
            Where("McpServer"),
            {"issuers": ["http://localhost:8080/realms/mcp", "https://other.example.org/realms/mcp"]},
        ),
    ),
)
