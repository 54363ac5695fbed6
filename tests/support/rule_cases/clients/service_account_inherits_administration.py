"""Changes that break the rule ``service-account-inherits-administration``."""

from tests.support.mutations import Add

_REPORTER = Add(
    "Client",
    {"realm": "mcp", "clientId": "nightly-report", "access": "confidential", "serviceAccounts": True},
)
_OPERATOR = Add(
    "RealmRole",
    {"realm": "mcp", "name": "operator", "clientComposites": {"realm-management": ["realm-admin"]}},
)
BREAKS = (
    (
        _REPORTER,
        _OPERATOR,
        Add("ServiceAccountRole", {"realm": "mcp", "client": "nightly-report", "role": "operator"}),
    ),
    (
        _REPORTER,
        _OPERATOR,
        Add("RealmRole", {"realm": "mcp", "name": "reader", "realmComposites": ["operator"]}),
        Add("ServiceAccountRole", {"realm": "mcp", "client": "nightly-report", "role": "reader"}),
    ),
    (
        _REPORTER,
        Add(
            "Group",
            {
                "realm": "mcp",
                "path": "/reports",
                "clientRoles": {"realm-management": ["manage-users"]},
                "serviceAccounts": ["nightly-report"],
            },
        ),
    ),
)
