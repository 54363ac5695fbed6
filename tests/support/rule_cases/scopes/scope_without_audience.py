"""Changes that break the rule ``scope-without-audience``."""

from tests.support.mutations import Remove, Set, Where

BREAKS = (
    (Remove(Where("AudienceMapper", {"name": "audience-config"})),),
    (Set(Where("AudienceMapper", {"name": "audience-config"}), {"addToAccessToken": False}),),
)
