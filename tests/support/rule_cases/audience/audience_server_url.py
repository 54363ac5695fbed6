"""Changes that break the rule ``audience-server-url``."""

from tests.support.good_objects import SERVER
from tests.support.mutations import Set, Where

BREAKS = (
    (
        SERVER,
        Set(
            Where("AudienceMapper", {"name": "audience-config"}),
            {"includedCustomAudience": "http://localhost:3999/mcp"},
        ),
    ),
)
