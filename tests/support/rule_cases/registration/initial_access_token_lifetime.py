"""Changes that break the rule ``initial-access-token-lifetime``."""

from tests.support.good_objects import INITIAL_ACCESS_TOKEN
from tests.support.mutations import Set, Where

BREAKS = tuple(
    (INITIAL_ACCESS_TOKEN, Set(Where("InitialAccessToken"), {"expirationSeconds": seconds}))
    for seconds in (0, 365 * 86400)
)
