"""Changes that break the rule ``keycloak-bootstrap-secret``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("KeycloakServer"), {"adminSecretPlain": True}),),)
