"""Changes that break the rule ``builtin-client-opened``."""

from tests.support.mutations import Add


def _client(client_id, **values):
    return (Add("Client", {"realm": "mcp", "clientId": client_id, **values}),)


BREAKS = (
    _client("account-console", standardFlow=True, redirectUris=["*"]),
    _client("account", fullScopeAllowed=True),
    _client("admin-cli", webOrigins=["*"]),
    _client("account", directAccessGrants=True),
    _client("admin-cli", implicitFlow=True, redirectUris=["/admin/mcp/console/*"]),
)
