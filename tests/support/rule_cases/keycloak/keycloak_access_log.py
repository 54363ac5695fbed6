"""Changes that break the rule ``keycloak-access-log``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("KeycloakServer"), {"accessLogPattern": "%h %r %{i,Authorization}"}),),)
