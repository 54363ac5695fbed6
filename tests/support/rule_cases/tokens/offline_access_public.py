"""Changes that break the rule ``offline-access-public``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add("Client", {"realm": "mcp", "clientId": "app", "access": "public"}),
        Add(
            "ClientScopeAssignment",
            {"realm": "mcp", "client": "app", "scope": "offline_access", "kind": "optional"},
        ),
    ),
)
