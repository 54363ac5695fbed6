"""Changes that break the rule ``server-issuer-exact``."""

from typing import Any

from tests.support.mutations import Set, Where


def _issuer(value: str) -> dict[str, Any]:
    return {"issuer": value, "issuers": [value], "authorizationServers": [value]}


BREAKS = (
    (Set(Where("McpServer"), _issuer("http://localhost:8080/realms/mcp/")),),
    (Set(Where("McpServer"), _issuer("http://127.0.0.1:8080/realms/mcp")),),
)
