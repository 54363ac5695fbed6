"""Changes that break the rule ``signing-key-undeclared``."""

from tests.support.mutations import Add

BREAKS = (
    (
        Add(
            "RealmKey",
            {"realm": "mcp", "name": "brought-along", "provider": "rsa-generated", "declared": False},
        ),
    ),
)
