"""Changes that break the rule ``registration-max-clients``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("MaxClientsPolicy"), {"maxClients": 100000}),),)
