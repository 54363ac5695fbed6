"""Changes that break the rule ``admin-cli-passwords``."""

from tests.support.mutations import Add

BREAKS = ((Add("Client", {"realm": "mcp", "clientId": "admin-cli", "directAccessGrants": True}),),)
