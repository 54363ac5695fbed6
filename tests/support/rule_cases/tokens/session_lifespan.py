"""Changes that break the rule ``session-lifespan``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"ssoSessionMaxLifespan": 2592000}),),
    (Set(Where("Realm"), {"ssoSessionIdleTimeout": 2592000, "ssoSessionMaxLifespan": 2592000}),),
    (Set(Where("Realm"), {"rememberMe": True, "ssoSessionMaxLifespanRememberMe": 31536000}),),
)
