"""Changes that break the rule ``registration-client-limit``."""

from tests.support.mutations import Remove, Where

BREAKS = ((Remove(Where("MaxClientsPolicy", {"registration": "anonymous"})),),)
