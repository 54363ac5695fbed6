"""Changes that break the rule ``container-capabilities``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = (
    (Set(Where("Container"), {"capabilitiesAdded": ["CAP_SYS_ADMIN"]}),),
    (Set(Where("Container"), {"capabilitiesDropped": ["NET_RAW"]}),),
)
