"""Changes that break the rule ``scope-for-all-tools``."""

from tests.support.mutations import Have, Set, Where

STACK = "prod"
_SERVER = Have(
    "McpServer",
    {
        "name": "calculator",
        "url": "https://mcp.example.org/mcp",
        "verifier": "jwt",
        "scopes": ["mcp:tools"],
        "toolScopes": {"multiply_numbers": ["mcp:math:multiply"]},
    },
)
BREAKS = ((_SERVER, Set(Where("McpServer"), {"toolScopes": {}})),)
