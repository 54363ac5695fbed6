"""Changes that break the rule ``audience-canonical``."""

from tests.support.mutations import Add, Where

BREAKS = tuple(
    (
        Add(
            "AudienceMapper",
            {"name": "more", "includedCustomAudience": written},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    )
    for written in (
        "http://localhost:3000/mcp/",
        "HTTP://localhost:3000/mcp",
        "http://localhost:3000/mcp#tools",
    )
)
