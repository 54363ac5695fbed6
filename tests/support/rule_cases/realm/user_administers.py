"""Changes that break the rule ``user-administers``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "User",
            {"realm": "mcp", "username": "ursula", "clientRoles": {"realm-management": ["realm-admin"]}},
        ),
    ),
    (
        Add(
            "RealmRole",
            {"realm": "mcp", "name": "operator", "clientComposites": {"realm-management": ["manage-users"]}},
        ),
        Add("User", {"realm": "mcp", "username": "ursula", "realmRoles": ["operator"]}),
    ),
    (
        Add(
            "Group",
            {"realm": "mcp", "path": "/operators", "clientRoles": {"realm-management": ["manage-clients"]}},
        ),
        Add("User", {"realm": "mcp", "username": "ursula", "groups": ["/operators"]}),
    ),
)
