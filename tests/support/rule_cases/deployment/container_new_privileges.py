"""Changes that break the rule ``container-new-privileges``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = ((Set(Where("Container"), {"securityOptions": []}),),)
