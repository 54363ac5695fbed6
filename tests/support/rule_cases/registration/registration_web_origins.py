"""Changes that break the rule ``registration-web-origins``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("RegistrationWebOriginsPolicy", {"registration": "anonymous"}), {"webOrigins": ["*"]}),),
)
