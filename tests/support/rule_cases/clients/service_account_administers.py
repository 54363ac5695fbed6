"""Changes that break the rule ``service-account-administers``."""

from tests.support.mutations import Add

_REPORTER = Add(
    "Client",
    {"realm": "mcp", "clientId": "nightly-report", "access": "confidential", "serviceAccounts": True},
)
BREAKS = (
    (
        _REPORTER,
        Add(
            "ServiceAccountRole",
            {
                "realm": "mcp",
                "client": "nightly-report",
                "owner": "realm-management",
                "role": "realm-admin",
            },
        ),
    ),
    (
        _REPORTER,
        Add(
            "ServiceAccountRole",
            {
                "realm": "mcp",
                "client": "nightly-report",
                "owner": "realm-management",
                "role": "manage-users",
            },
        ),
    ),
)
