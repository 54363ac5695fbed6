"""Changes that break the rule ``audience-shared``."""

from tests.support.good_objects import SERVER
from tests.support.mutations import Add, Where

BREAKS = (
    (
        SERVER,
        Add(
            "McpServer",
            {
                "name": "weather",
                "url": "http://localhost:3000/mcp",
                "audience": "http://localhost:3000/mcp",
            },
            Where("McpServer"),
        ),
    ),
)
