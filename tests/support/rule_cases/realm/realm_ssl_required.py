"""Changes that break the rule ``realm-ssl-required``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Realm"), {"sslRequired": "none"}),),)
