"""Changes that break the rule ``client-dormant-redirect``."""

from tests.support.mutations import Set, Where

_SERVER = Where("Client", {"clientId": "mcp-server"})
BREAKS = (
    (Set(_SERVER, {"redirectUris": ["*"]}),),
    (Set(_SERVER, {"postLogoutRedirectUris": ["https://example.org/*"]}),),
)
