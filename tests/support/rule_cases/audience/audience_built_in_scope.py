"""Changes that break the rule ``audience-built-in-scope``."""

from tests.support.mutations import Add, Where

BREAKS = tuple(
    (
        Add(
            "AudienceMapper",
            {"name": "more", "scope": scope},
            Where("AudienceMapper", {"name": "audience-config"}),
        ),
    )
    for scope in ("profile", "basic")
)
