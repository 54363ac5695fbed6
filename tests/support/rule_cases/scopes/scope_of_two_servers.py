"""Changes that break the rule ``scope-of-two-servers``."""

from tests.support.mutations import Add, Where

BREAKS = (
    (
        Add(
            "AudienceMapper",
            {"name": "more", "includedCustomAudience": "https://other.example.org/mcp"},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    ),
)
