"""Changes that break the rule ``registration-scopes``."""

from tests.support.mutations import Remove, Where

BREAKS = tuple(
    (Remove(Where("AllowedClientScopesPolicy", {"registration": registration})),)
    for registration in ("anonymous", "authenticated")
)
