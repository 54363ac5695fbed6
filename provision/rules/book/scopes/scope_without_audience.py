"""A server's scope brings its audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import (
    BESIDE,
    SCOPES,
    audience,
    audience_mappers,
    custom_audience,
    is_of_a_server,
    is_url,
)
from provision.rules.changes import Remove, Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="scope-without-audience",
    severity="high",
    title="A server's scope brings its audience",
    why="Keycloak puts no server into a token by itself. Without an audience mapper in the scope the token names none, and a "
    "server that accepts it accepts every token of the realm: also those that users gave to quite another service.",
    fix="in this scope, an AudienceMapper with includedCustomAudience: the server's url",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("ClientScope",),
    beside=(*BESIDE, "Client", "RealmClientScopeAssignment"),
    parameters=SCOPES,
    breaks=(
        (Remove(Where("AudienceMapper", {"name": "audience-config"})),),
        (Set(Where("AudienceMapper", {"name": "audience-config"}), {"addToAccessToken": False}),),
    ),
)
def check(scope: Thing, scene: Scene) -> Iterator[Violation]:
    """It has one, or a scope that every token has does."""
    realm, name = scope.get("realm"), scope.get("name")
    if not is_of_a_server(scope, scene) or _has_audience(realm, name, scene):
        return
    defaults = [
        member.get("scope") for member in scene.of("RealmClientScopeAssignment", realm=realm, kind="default")
    ]
    if any(_has_audience(realm, default, scene) for default in defaults):
        return
    scene.all_seen("AudienceMapper")
    yield Violation("", f"{name} puts no server's URL into tokens")


def _has_audience(realm: str, scope: str, scene: Scene) -> bool:
    """Whether a scope brings an address; a client stands for one if it is named like it or has one."""
    for mapper in audience_mappers(scene, realm=realm, scope=scope):
        named = audience(mapper)
        if custom_audience(mapper) is not None or is_url(named):
            return True
        if any(client.get("resourceUrl") for client in scene.of("Client", realm=realm, clientId=named)):
            return True
    return False
