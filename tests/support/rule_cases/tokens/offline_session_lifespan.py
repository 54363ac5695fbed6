"""Changes that break the rule ``offline-session-lifespan``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"offlineSessionMaxLifespanEnabled": False}),),
    (Set(Where("Realm"), {"offlineSessionMaxLifespan": 31536000}),),
)
