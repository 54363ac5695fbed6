"""Changes that break the rule ``container-published``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = ((Set(Where("Container"), {"publishedOn": ["127.0.0.1", "192.0.2.1"]}),),)
