"""Changes that break the rule ``keycloak-replicas``."""

from tests.support.mutations import Set, Where

STACK = "kubernetes"
BREAKS = ((Set(Where("KeycloakServer"), {"replicas": 1}),),)
