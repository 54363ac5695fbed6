"""Changes that break the rule ``realm-self-registration``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("Realm"), {"registrationAllowed": True}),),)
