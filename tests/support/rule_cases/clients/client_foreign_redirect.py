"""Changes that break the rule ``client-foreign-redirect``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (
        Set(
            Where("Client", {"access": "public"}),
            {"redirectUris": ["https://app.attacker.example/callback"]},
        ),
    ),
)
