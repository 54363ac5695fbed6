"""Changes that break the rule ``demo-user-in-production``."""

from tests.support.mutations import Add

STACK = "prod"
BREAKS = (
    (Add("User", {"realm": "mcp", "username": "demo", "email": "demo@example.org"}),),
    (Add("User", {"realm": "mcp", "username": "carla", "password": "a-long-password-of-a-test"}),),
)
