"""Changes that break the rule ``access-token-lifespan``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"accessTokenLifespan": 3600}),),
    (Set(Where("Client", {"access": "public"}), {"accessTokenLifespan": 86400}),),
)
