"""Changes that break the rule ``server-plain-http``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("McpServer"), {"url": "http://mcp.example.org/mcp"}),),)
