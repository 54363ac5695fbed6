"""Changes that break the rule ``client-secret-shared``."""

from tests.support.mutations import Add, Where

BREAKS = (
    (
        Add(
            "Client",
            {"clientId": "other-server", "name": "Introspection for another"},
            like=Where("Client", {"access": "confidential"}),
        ),
    ),
)
