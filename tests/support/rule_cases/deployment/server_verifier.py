"""Changes that break the rule ``server-verifier``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("McpServer"), {"verifier": "none"}),),)
