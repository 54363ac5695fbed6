"""Changes that break the rule ``registration-full-scope``."""

from tests.support.mutations import Remove, Where

BREAKS = ((Remove(Where("FullScopeDisabledPolicy", {"registration": "anonymous"})),),)
