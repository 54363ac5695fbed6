"""Introspecting clients are an audience of the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import audience, audience_mappers, is_url
from provision.rules.changes import Remove, Set, Where
from provision.rules.examples import SERVER
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


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
            SERVER,
            Set(
                Where("AudienceMapper", {"name": "introspection-audience"}),
                {"includedClientAudience": "other-server"},
            ),
        ),
    ),
)
def check(thing: Thing, scene: Scene) -> Iterator[Violation]:
    """A server's client is among the audiences of its scope; where no server is known, some client is one of any scope's."""
    if thing.kind == "McpServer":
        path, client = "introspectionClientId", thing.get("introspectionClientId") or thing.get("url")
        well = thing.get("verifier") != "introspection" or client in _audiences(thing, scene)
    else:
        path, client = "clientId", thing.get("clientId")
        well = thing.get("access") != "confidential" or not _no_client_can(thing.get("realm"), scene)
        well = well or _has_another_use(thing)
    if well or _has_roles(client, scene):
        return
    scene.all_seen("AudienceMapper")
    yield Violation(path, f"asks Keycloak about tokens as {client}, which is no audience of them")


def _audiences(server: Thing, scene: Scene) -> set[str]:
    """All that the scopes of a server put into tokens."""
    return {
        audience(mapper)
        for scope in server.items("scopes")
        for mapper in audience_mappers(scene, scope=scope)
    }


def _no_client_can(realm: str, scene: Scene) -> bool:
    """Whether scopes name servers and none names a client; more can't be told from a realm where some do."""
    known = {client.get("clientId") for client in scene.of("Client", realm=realm, access="confidential")}
    named = {audience(mapper) for mapper in audience_mappers(scene, realm=realm)}
    return any(map(is_url, named)) and not named & known


def _has_another_use(client: Thing) -> bool:
    """Whether it gets tokens itself or is out of use; only of a client that a server is set up with it is known that it introspects."""
    return not client.get("enabled") or any(client.get(grant) for grant in _GRANTS)


def _has_roles(client: str, scene: Scene) -> bool:
    """Whether it has roles, which make it an audience of the tokens of whoever has one."""
    return any(role.get("client") == client for role in scene.seen("ClientRole"))
