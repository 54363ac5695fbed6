"""Changes that break the rule ``registration-trusted-hosts``."""

from tests.support.mutations import Remove, Where

BREAKS = ((Remove(Where("TrustedHostsPolicy", {"registration": "anonymous"})),),)
