"""Changes that break the rule ``secret-in-environment``."""

from tests.support.mutations import Set, Where

STACK = "docker"
BREAKS = (
    (Set(Where("Container"), {"environment": {"MCP_CLIENT_SECRET": "of-a-test"}}),),
    (
        Set(
            Where("Container"),
            {"environment": {"DATABASE_URL": "postgres://keycloak:of-a-test@db/keycloak"}},
        ),
    ),
)
