"""Changes that break the rule ``signing-key-age``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "RealmKey",
            {"realm": "mcp", "name": "rsa-generated", "provider": "rsa-generated", "ageDays": 1000},
        ),
    ),
)
