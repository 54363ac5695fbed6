"""Keycloak's own scopes bring no audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.keycloak.builtin import KEYCLOAK_SCOPES
from provision.rules.audiences import audience
from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="audience-built-in-scope",
    severity="high",
    title="Keycloak's own scopes bring no audience",
    why="Scopes such as `profile` and `roles` are in the tokens of nearly every client of the realm. An audience there makes "
    "all of these tokens good for the server, also those of clients that have nothing to do with it.",
    fix="scope: the scope of the server, such as mcp:tools",
    see="https://www.keycloak.org/docs/latest/server_admin/#audience-support",
    on=("AudienceMapper",),
    breaks=tuple(
        (
            Add(
                "AudienceMapper",
                {"name": "more", "scope": scope},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        )
        for scope in ("profile", "basic")
    ),
)
def check(mapper: Thing, scene: Scene) -> Iterator[Violation]:
    """It is in a scope that people made."""
    del scene
    scope = mapper.get("scope")
    if scope in KEYCLOAK_SCOPES and mapper.get("addToAccessToken"):
        yield Violation("scope", f"puts {audience(mapper)} into the tokens of every client that has {scope}")
