"""Audiences name one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.keycloak.builtin import KEYCLOAK_CLIENTS
from provision.rules.audiences import audience, custom_audience
from provision.rules.changes import Add, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="audience-generic",
    severity="high",
    title="Audiences name one server",
    why="A server accepts the tokens that name it. A name that any service may have, such as `api`, makes one token good for "
    "all of them: whoever gets it at one uses it at the others. `account` is in most tokens of Keycloak anyway, and proves "
    "nothing.",
    fix="includedCustomAudience: https://mcp.example.org/mcp",
    see="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#access-token-privilege-restriction",
    on=("AudienceMapper",),
    parameters={
        "generic": ["account", "all", "any", "api", "default", "mcp", "public", "resource", "server"]
    },
    breaks=(
        (
            Add(
                "AudienceMapper",
                {"name": "more", "includedCustomAudience": "api"},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        ),
        (
            Add(
                "AudienceMapper",
                {"name": "more", "includedCustomAudience": "*"},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        ),
        (
            Add(
                "AudienceMapper",
                {"name": "more", "includedCustomAudience": None, "includedClientAudience": "account"},
                Where("AudienceMapper", {"name": "audience-config"}),
            ),
        ),
    ),
)
def check(mapper: Thing, scene: Scene) -> Iterator[Violation]:
    """The audience is a name that only one server has."""
    named = audience(mapper)
    written = custom_audience(mapper)
    own = written is None and named in KEYCLOAK_CLIENTS
    if own or "*" in named or named.strip().lower() in ("", *scene.parameters["generic"]):
        place = "includedClientAudience" if written is None else "includedCustomAudience"
        yield Violation(place, f"puts an audience into tokens that names no server: {named!r}")
