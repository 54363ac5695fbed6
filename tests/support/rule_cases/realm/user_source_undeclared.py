"""Changes that break the rule ``user-source-undeclared``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "UserSource",
            {"realm": "mcp", "name": "elsewhere", "type": "oidc", "enabled": True, "declared": False},
        ),
    ),
)
