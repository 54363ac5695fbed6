"""Changes that break the rule ``container-engine-socket``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = ((Set(Where("Container"), {"mounts": ["/var/run/docker.sock"]}),),)
