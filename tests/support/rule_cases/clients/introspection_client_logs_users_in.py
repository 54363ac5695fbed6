"""Changes that break the rule ``introspection-client-logs-users-in``."""

from tests.support.mutations import Add, Set, Where

BREAKS = (
    (
        Set(
            Where("Client", {"access": "confidential"}),
            {"standardFlow": True, "redirectUris": ["https://claude.ai/api/mcp/auth_callback"]},
        ),
    ),
    (Set(Where("Client", {"access": "confidential"}), {"deviceGrant": True}),),
    (
        Add(
            "AudienceMapper",
            {"name": "application-audience", "includedClientAudience": "mcp-client"},
            like=Where("AudienceMapper", {"name": "introspection-audience"}),
        ),
    ),
)
