"""Changes that break the rule ``keycloak-log-level``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("KeycloakServer"), {"logLevel": "debug"}),),
    (Set(Where("KeycloakServer"), {"logLevel": "info,org.apache.http.wire:debug"}),),
)
