"""Only audience mappers write the audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Add, Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_KINDS = ("HardcodedClaimMapper", "UserAttributeMapper", "RealmRoleMapper", "ClientRoleMapper")
_MAPPER = Add(
    "HardcodedClaimMapper",
    {
        "realm": "mcp",
        "scope": "mcp:tools",
        "name": "more",
        "claimName": "department",
        "claimValue": "research",
    },
)


@rule(
    id="audience-claim-mapper",
    severity="high",
    title="Only audience mappers write the audience",
    why="A mapper that writes a claim can write `aud` too. Then an attribute of a user or a fixed text decides where a token is"
    " good, past the rules for audiences and past the check of which client a token is for.",
    fix="use an AudienceMapper with includedCustomAudience",
    see="https://www.keycloak.org/docs/latest/server_admin/#_audience_hardcoded",
    on=_KINDS,
    breaks=((_MAPPER, Set(Where("HardcodedClaimMapper"), {"claimName": "aud"})),),
)
def check(mapper: Thing, scene: Scene) -> Iterator[Violation]:
    """The claim is another one."""
    del scene
    if mapper.get("claimName") == "aud" and mapper.get("addToAccessToken"):
        yield Violation("claimName", "writes the audience of access tokens")
