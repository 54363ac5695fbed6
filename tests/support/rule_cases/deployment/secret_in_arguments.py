"""Changes that break the rule ``secret-in-arguments``."""

from tests.support.mutations import Set, Where

BREAKS = (
    (Set(Where("McpServer"), {"arguments": ["serve", "--client-secret=of-a-test"]}),),
    (Set(Where("KeycloakServer"), {"arguments": ["-Djavax.net.ssl.trustStorePassword=of-a-test"]}),),
    (Set(Where("McpServer"), {"arguments": ["serve", "--api-token", "of-a-test"]}),),
)
