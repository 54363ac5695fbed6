"""Changes that break the rule ``keycloak-hostname``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("KeycloakServer"), {"hostname": None}),),
    (Set(Where("KeycloakServer"), {"hostnameStrict": False}),),
)
