"""Changes that break the rule ``authorization-code-lifespan``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Realm"), {"accessCodeLifespan": 3600}),),)
