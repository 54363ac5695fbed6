"""Changes that break the rule ``keycloak-start-dev``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("KeycloakServer"), {"mode": "start-dev"}),),)
