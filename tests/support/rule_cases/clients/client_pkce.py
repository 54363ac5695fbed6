"""Changes that break the rule ``client-pkce``."""

from tests.support.mutations import Set, Where

STACK = "prod"
BREAKS = (
    (
        Set(Where("Client", {"access": "public"}), {"requirePkce": False}),
        Set(Where("ClientPolicy", {"name": "mcp-pkce"}), {"enabled": False}),
    ),
    (
        Set(Where("Client", {"access": "public"}), {"requirePkce": False}),
        Set(
            Where("ClientPolicy", {"name": "mcp-pkce"}),
            {"anyClient": False, "clientAccessType": {"type": ["confidential"]}},
        ),
    ),
    (
        Set(Where("Client", {"access": "public"}), {"requirePkce": False}),
        Set(Where("ClientProfile", {"name": "mcp-pkce"}), {"pkce": None, "executors": []}),
    ),
)
