"""Changes that break the rule ``audience-generic``."""

from tests.support.mutations import Add, Where

BREAKS = (
    (
        Add(
            "AudienceMapper",
            {"name": "more", "includedCustomAudience": "api"},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    ),
    (
        Add(
            "AudienceMapper",
            {"name": "more", "includedCustomAudience": "*"},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    ),
    (
        Add(
            "AudienceMapper",
            {"name": "more", "includedCustomAudience": None, "includedClientAudience": "account"},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    ),
)
