"""Changes that break the rule ``introspection-client-audience``."""

from tests.support.good_objects import SERVER
from tests.support.mutations import Remove, Set, Where

BREAKS = (
    (Remove(Where("AudienceMapper", {"name": "introspection-audience"})),),
    (
        SERVER,
        Set(
            Where("AudienceMapper", {"name": "introspection-audience"}),
            {"includedClientAudience": "other-server"},
        ),
    ),
)
