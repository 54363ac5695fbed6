"""Changes that break the rule ``scope-in-token``."""

from tests.support.mutations import Set, Where

BREAKS = ((Set(Where("ClientScope", {"name": "mcp:tools"}), {"inTokenScope": False}),),)
