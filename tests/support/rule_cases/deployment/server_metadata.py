"""Changes that break the rule ``server-metadata``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("McpServer"), {"authorizationServers": ["https://other.example.org/realms/mcp"]}),),)
