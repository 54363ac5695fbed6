"""Changes that break the rule ``user-attributes-open``."""

from tests.support.mutations import Add

BREAKS = ((Add("UserProfile", {"realm": "mcp", "unmanagedAttributePolicy": "ENABLED"}),),)
