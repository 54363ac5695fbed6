"""Changes that break the rule ``registration-consent``."""

from tests.support.mutations import Remove, Where

BREAKS = ((Remove(Where("ConsentRequiredPolicy", {"registration": "anonymous"})),),)
