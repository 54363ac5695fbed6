"""Changes that break the rule ``keycloak-database``."""

from tests.support.mutations import Set, Where

STACK = "kubernetes"
BREAKS = ((Set(Where("KeycloakServer"), {"database": "dev-file"}),),)
