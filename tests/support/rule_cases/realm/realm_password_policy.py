"""Changes that break the rule ``realm-password-policy``."""

from tests.support.mutations import Set, Where

STACK = "prod"
BREAKS = (
    (Set(Where("Realm"), {"passwordPolicy": ""}),),
    (Set(Where("Realm"), {"passwordPolicy": "length(6)"}),),
)
