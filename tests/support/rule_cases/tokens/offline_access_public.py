"""Changes that break the rule ``offline-access-public``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "ClientScopeAssignment",
            {"realm": "mcp", "client": "mcp-client", "scope": "offline_access", "kind": "optional"},
        ),
    ),
)
