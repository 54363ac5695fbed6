"""Changes that break the rule ``realm-brute-force``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("Realm"), {"bruteForceProtected": False}),),
    (Set(Where("Realm"), {"failureFactor": 10000}),),
)
