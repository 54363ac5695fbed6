"""Changes that break the rule ``offline-access-default``."""

from tests.support.mutations import Add, Where

_SCOPE = "offline_access"
BREAKS = (
    (Add("RealmClientScopeAssignment", {"realm": "mcp", "scope": _SCOPE, "kind": "default"}),),
    (
        Add(
            "ClientScopeAssignment",
            {"scope": _SCOPE},
            like=Where("ClientScopeAssignment", {"kind": "default"}),
        ),
    ),
    (
        Add(
            "RealmClientScopes",
            {
                "realm": "mcp",
                "defaultScopes": ["basic", "mcp:tools", _SCOPE],
                "optionalScopes": ["profile", "email"],
            },
        ),
    ),
)
