"""Changes that break the rule ``registration-wildcard-hosts``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("TrustedHostsPolicy"), {"trustedHosts": ["localhost", "*.example.org"]}),),
    (Set(Where("TrustedHostsPolicy"), {"trustedHosts": ["*"]}),),
)
