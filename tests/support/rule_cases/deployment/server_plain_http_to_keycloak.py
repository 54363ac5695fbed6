"""Changes that break the rule ``server-plain-http-to-keycloak``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("McpServer"), {"introspectionUrl": "http://login.example.org/realms/mcp"}),),
    (Set(Where("McpServer"), {"jwksUrl": "http://login.example.org/realms/mcp"}),),
)
