"""Changes that break the rule ``realm-admin-events``."""

from tests.support.mutations import Set, Where

STACK = "prod"
BREAKS = ((Set(Where("Realm"), {"adminEventsEnabled": False}),),)
