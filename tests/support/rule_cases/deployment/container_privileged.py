"""Changes that break the rule ``container-privileged``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = ((Set(Where("Container"), {"privileged": True}),),)
