"""Changes that break the rule ``server-detailed-errors``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("McpServer"), {"detailedErrors": True}),),)
