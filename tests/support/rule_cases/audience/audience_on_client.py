"""Changes that break the rule ``audience-on-client``."""

from tests.support.mutations import Add, Where

BREAKS = (
    (
        Add(
            "AudienceMapper",
            {"name": "more", "scope": "", "client": "mcp-client"},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    ),
)
