"""An MCP server compares with the issuer that Keycloak writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


def _issuer(value: str) -> dict[str, Any]:
    return {"issuer": value, "issuers": [value], "authorizationServers": [value]}


@rule(
    id="server-issuer-exact",
    severity="medium",
    title="An MCP server compares with the issuer that Keycloak writes",
    why="Issuers are compared letter by letter. With a slash at the end or another host name every token is refused, or somebody makes the comparison lax "
    "to get it working.",
    fix="issuer: https://login.example.org/realms/mcp, as /.well-known/openid-configuration of the realm has it",
    see="https://datatracker.ietf.org/doc/html/rfc8414#section-3.3",
    on=("McpServer",),
    beside=("KeycloakServer", "Realm"),
    breaks=(
        (Set(Where("McpServer"), _issuer("http://localhost:8080/realms/mcp/")),),
        (Set(Where("McpServer"), _issuer("http://127.0.0.1:8080/realms/mcp")),),
    ),
)
def check(server: Thing, scene: Scene) -> Iterator[Violation]:
    """It is the address of a Keycloak here with the name of a realm here."""
    issuer = server.get("issuer")
    if issuer and issuer.endswith("/"):
        yield Violation("issuer", "ends in a slash, and Keycloak's does not")
    elif issuer and not _is_written_here(issuer, scene):
        yield Violation("issuer", "is not the issuer of a realm that is declared here")


def _is_written_here(issuer: str, scene: Scene) -> bool:
    """Whether a Keycloak and a realm that can be seen make that issuer; also true where there are none to compare with."""
    seen = False
    for realm in scene.of("Realm"):
        for keycloak in scene.of("KeycloakServer"):
            seen = True
            if issuer == f"{keycloak.get('url')}/realms/{realm.get('name')}":
                return True
    return not seen
