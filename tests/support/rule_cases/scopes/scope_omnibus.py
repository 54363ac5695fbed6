"""Changes that break the rule ``scope-omnibus``."""

from tests.support.mutations import Add, Where

BREAKS = tuple(
    (Add("ClientScope", {"name": name}, Where("ClientScope", {"name": "mcp:tools"})),)
    for name in ("all", "files:full-access", "tools:*")
)
