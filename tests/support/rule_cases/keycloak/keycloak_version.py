"""Changes that break the rule ``keycloak-version``."""

from tests.support.mutations import Set, Where

STACK = "kubernetes"
BREAKS = (
    (Set(Where("KeycloakServer"), {"version": "26.6.7"}),),
    (Set(Where("KeycloakServer"), {"version": "26.5.9"}),),
)
