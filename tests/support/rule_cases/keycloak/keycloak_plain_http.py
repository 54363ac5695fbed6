"""Changes that break the rule ``keycloak-plain-http``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("KeycloakServer"), {"loopback": False}),),
    (
        Set(Where("KeycloakServer"), {"url": "http://login.example.org"}),
        Set(Where("McpServer"), {"issuer": None}),
    ),
)
