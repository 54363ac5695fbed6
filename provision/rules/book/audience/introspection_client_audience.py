"""Introspecting clients are an audience of the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import audience, audience_mappers
from provision.rules.changes import Have, Remove, Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_SERVER = Have(
    "McpServer",
    {
        "name": "calculator",
        "url": "http://localhost:3000/mcp",
        "audience": "http://localhost:3000/mcp",
        "issuer": "http://localhost:8080/realms/mcp",
        "verifier": "introspection",
        "scopes": ["mcp:tools"],
        "toolScopes": {},
        "introspectionClientId": "mcp-server",
        "loopback": True,
    },
)
_GRANTS = (
    "standardFlow",
    "implicitFlow",
    "directAccessGrants",
    "serviceAccounts",
    "deviceGrant",
    "tokenExchange",
)


@rule(
    id="introspection-client-audience",
    severity="medium",
    title="Introspecting clients are an audience of the tokens",
    why="Keycloak tells a client only of tokens that name it as an audience; of all others it says that they are not active "
    "(its fix for CVE-2026-37979). The server then refuses everybody, and the ways out that are found first switch the "
    "check off again.",
    fix="in the server's scope, an AudienceMapper with includedClientAudience: the introspection client",
    see="https://www.keycloak.org/docs/latest/server_admin/#audience-support",
    on=("McpServer", "Client"),
    beside=("AudienceMapper", "ClientRole"),
    breaks=(
        (Remove(Where("AudienceMapper", {"name": "introspection-audience"})),),
        (
            _SERVER,
            Set(
                Where("AudienceMapper", {"name": "introspection-audience"}),
                {"includedClientAudience": "mcp-client"},
            ),
        ),
    ),
)
def check(thing: Thing, scene: Scene) -> Iterator[Violation]:
    """It is among the audiences of the server's scope, or of any scope where no server is known."""
    if not _asks(thing):
        return
    path = "clientId" if thing.kind == "Client" else "introspectionClientId"
    client = thing.get(path) or thing.get("url")
    scopes = None if thing.kind == "Client" else tuple(thing.items("scopes"))
    for mapper in audience_mappers(scene):
        if audience(mapper) == client and (scopes is None or mapper.get("scope") in scopes):
            return
    if thing.kind == "Client" and _has_another_use(thing, scene):
        return
    scene.all_seen("AudienceMapper")
    yield Violation(path, f"asks Keycloak about tokens as {client}, which is no audience of them")


def _asks(thing: Thing) -> bool:
    """Whether a server asks Keycloak about tokens, or a client could."""
    if thing.kind == "McpServer":
        return bool(thing.get("verifier") == "introspection")
    return bool(thing.get("access") == "confidential")


def _has_another_use(client: Thing, scene: Scene) -> bool:
    """Whether it gets tokens itself, is out of use, or has roles, which make it an audience for whoever has one."""
    if not client.get("enabled") or any(client.get(grant) for grant in _GRANTS):
        return True
    return next(scene.of("ClientRole", client=client.get("clientId")), None) is not None
