"""Changes that break the rule ``realm-login-events``."""

from tests.support.mutations import Set, Where

STACK = "prod"
BREAKS = (
    (Set(Where("Realm"), {"eventsEnabled": False}),),
    (Set(Where("Realm"), {"enabledEventTypes": ["LOGOUT", "REGISTER"]}),),
)
