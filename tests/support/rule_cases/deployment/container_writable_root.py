"""Changes that break the rule ``container-writable-root``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = ((Set(Where("Container"), {"readOnlyRoot": False}),),)
