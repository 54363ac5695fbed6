"""Changes that break the rule ``keycloak-introspection-audience``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("KeycloakServer"), {"introspectionAudienceCheck": False}),),)
