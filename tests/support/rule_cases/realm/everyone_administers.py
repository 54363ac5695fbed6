"""Changes that break the rule ``everyone-administers``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "RealmRole",
            {
                "realm": "mcp",
                "name": "default-roles-mcp",
                "clientComposites": {"realm-management": ["manage-clients"]},
            },
        ),
    ),
    (
        Add(
            "RealmRole",
            {
                "realm": "mcp",
                "name": "helpdesk",
                "clientComposites": {"realm-management": ["view-users"]},
            },
        ),
        Add("RealmRole", {"realm": "mcp", "name": "default-roles-mcp", "realmComposites": ["helpdesk"]}),
    ),
    (
        Add(
            "Group",
            {
                "realm": "mcp",
                "path": "/newcomers",
                "clientRoles": {"realm-management": ["manage-users"]},
                "everyone": True,
            },
        ),
    ),
)
