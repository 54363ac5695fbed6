"""Changes that break the rule ``server-log-level``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("McpServer"), {"logLevel": "DEBUG"}),),)
