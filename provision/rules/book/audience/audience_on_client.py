"""Audiences come with a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import audience
from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="audience-on-client",
    severity="low",
    title="Audiences come with a scope",
    why="An audience on the client itself is in every token of that client, whatever was asked for and consented to. On a scope"
    " it is in those tokens alone that are for the server.",
    fix="scope: the scope of the server, such as mcp:tools",
    see="https://www.keycloak.org/docs/latest/server_admin/#_audience_hardcoded",
    on=("AudienceMapper",),
    ephemeral="advisory",
    breaks=(
        (
            Add(
                "AudienceMapper",
                {"name": "more", "scope": "", "client": "mcp-client"},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        ),
    ),
)
def check(mapper: Thing, scene: Scene) -> Iterator[Violation]:
    """It is in a client scope."""
    del scene
    client = mapper.get("client")
    if client and mapper.get("addToAccessToken"):
        yield Violation("client", f"puts {audience(mapper)} into every token of {client}")
