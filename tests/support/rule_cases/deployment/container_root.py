"""Changes that break the rule ``container-root``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = (
    (Set(Where("Container"), {"user": None}),),
    (Set(Where("Container"), {"user": "0:0"}),),
)
