"""Changes that break the rule ``audience-claim-mapper``."""

from tests.support.mutations import Add, Set, Where

_MAPPER = Add(
    "HardcodedClaimMapper",
    {
        "realm": "mcp",
        "scope": "mcp:tools",
        "name": "more",
        "claimName": "department",
        "claimValue": "research",
    },
)
BREAKS = ((_MAPPER, Set(Where("HardcodedClaimMapper"), {"claimName": "aud"})),)
