"""Changes that break the rule ``mapper-hardcoded-role``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "GenericProtocolMapper",
            {
                "realm": "mcp",
                "scope": "mcp:tools",
                "name": "everybody",
                "providerId": "oidc-hardcoded-role-mapper",
                "config": {"role": "realm-management.realm-admin"},
            },
        ),
    ),
)
