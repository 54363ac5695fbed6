"""Changes that break the rule ``keycloak-admin-hostname``."""

from tests.support.mutations import Set, Where

STACK = "kubernetes"
BREAKS = (
    (Set(Where("KeycloakServer"), {"adminHostname": None}),),
    (Set(Where("KeycloakServer"), {"adminHostname": "https://login.example.org"}),),
)
