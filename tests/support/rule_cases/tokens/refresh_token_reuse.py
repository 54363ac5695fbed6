"""Changes that break the rule ``refresh-token-reuse``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"revokeRefreshToken": False}),),
    (Set(Where("Realm"), {"refreshTokenMaxReuse": 1}),),
)
