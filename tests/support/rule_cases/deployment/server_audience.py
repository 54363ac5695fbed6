"""Changes that break the rule ``server-audience``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("McpServer"), {"audience": None}),),)
