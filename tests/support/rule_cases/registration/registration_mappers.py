"""Changes that break the rule ``registration-mappers``."""

from tests.support.mutations import Remove, Where

BREAKS = tuple(
    (Remove(Where("AllowedProtocolMappersPolicy", {"registration": registration})),)
    for registration in ("anonymous", "authenticated")
)
