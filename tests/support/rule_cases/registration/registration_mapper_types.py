"""Changes that break the rule ``registration-mapper-types``."""

from tests.support.mutations import Set, Where

BREAKS = tuple(
    (
        Set(
            Where("AllowedProtocolMappersPolicy", {"registration": registration}),
            {"allowedProtocolMapperTypes": ["oidc-full-name-mapper", type_]},
        ),
    )
    for registration, type_ in (
        ("anonymous", "oidc-audience-mapper"),
        ("anonymous", "oidc-hardcoded-role-mapper"),
        ("authenticated", "oidc-hardcoded-claim-mapper"),
    )
)
