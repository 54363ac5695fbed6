"""Changes that break the rule ``initial-access-token-count``."""

from tests.support.good_objects import INITIAL_ACCESS_TOKEN
from tests.support.mutations import Set, Where

BREAKS = ((INITIAL_ACCESS_TOKEN, Set(Where("InitialAccessToken"), {"count": 1000})),)
