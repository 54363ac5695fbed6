"""Tokens say no more of a user than the client needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="client-full-scope",
    severity="low",
    title="Tokens hold the roles of the client's scopes only",
    why="With full scope every token holds all roles of its user, those of other applications and of administrators too. A token that "
    "leaks, or a server that looks at roles, then gives more than the user agreed to. Keycloak's default is full scope.",
    fix="fullScopeAllowed: false",
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.3",
    on=("Client",),
    ephemeral="advisory",
    breaks=((Set(Where("Client", {"access": "public"}), {"fullScopeAllowed": True}),),),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """Full scope is off."""
    del scene
    if client.get("fullScopeAllowed"):
        yield Violation("fullScopeAllowed", "gets all roles of its users in each token")
