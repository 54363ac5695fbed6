"""Changes that break the rule ``service-account-refresh-token``."""

from tests.support.mutations import Add, Where

BREAKS = (
    (
        Add(
            "Client",
            {
                "clientId": "nightly-report",
                "secret": "of-a-break-and-long-enough",
                "serviceAccounts": True,
                "useRefreshTokenForClientCredentials": True,
            },
            like=Where("Client", {"access": "confidential"}),
        ),
    ),
)
