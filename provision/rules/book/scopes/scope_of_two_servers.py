"""A scope brings the audience of one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.keycloak.builtin import KEYCLOAK_SCOPES
from provision.rules.audiences import audience, audience_mappers, canonical, is_url
from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="scope-of-two-servers",
    severity="high",
    title="A scope brings the audience of one server",
    why="With two servers in one scope, a token that was asked for one of them is good at the other. A server that is broken "
    "into calls the other as the user.",
    fix="a scope of its own for each server, such as mcp:calculator and mcp:weather",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#token-passthrough",
    on=("ClientScope",),
    beside=("AudienceMapper",),
    breaks=(
        (
            Add(
                "AudienceMapper",
                {"name": "more", "includedCustomAudience": "https://other.example.org/mcp"},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        ),
    ),
)
def check(scope: Thing, scene: Scene) -> Iterator[Violation]:
    """All its audiences that are URLs are one."""
    name = scope.get("name")
    mappers = audience_mappers(scene, realm=scope.get("realm"), scope=name)
    servers = {canonical(named) for mapper in mappers if is_url(named := audience(mapper))}
    if len(servers) > 1 and name not in KEYCLOAK_SCOPES:
        yield Violation("", f"makes a token good for {len(servers)} servers: {', '.join(sorted(servers))}")
