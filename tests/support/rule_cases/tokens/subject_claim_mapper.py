"""Changes that break the rule ``subject-claim-mapper``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "HardcodedClaimMapper",
            {
                "realm": "mcp",
                "scope": "mcp:tools",
                "name": "subject",
                "claimName": "sub",
                "claimValue": "somebody",
            },
        ),
    ),
    (
        Add(
            "UserAttributeMapper",
            {
                "realm": "mcp",
                "scope": "mcp:tools",
                "name": "subject",
                "userAttribute": "nickname",
                "claimName": "sub",
            },
        ),
    ),
)
