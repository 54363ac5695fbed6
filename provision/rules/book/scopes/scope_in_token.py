"""Servers can see the scope in the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.audiences import BESIDE, SCOPES, is_looked_for
from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


@rule(
    id="scope-in-token",
    severity="medium",
    title="Servers can see the scope in the token",
    why="A server looks for its scopes in the token's `scope` claim. A scope that is left out of it is granted and consented "
    "to, but no server can tell, so calls fail or the server stops looking.",
    fix="inTokenScope: true",
    see="https://www.keycloak.org/docs/latest/server_admin/#_client_scopes",
    on=("ClientScope",),
    beside=BESIDE,
    parameters=SCOPES,
    breaks=((Set(Where("ClientScope", {"name": "mcp:tools"}), {"inTokenScope": False}),),),
)
def check(scope: Thing, scene: Scene) -> Iterator[Violation]:
    """A scope that a server looks for is in the claim."""
    if not scope.get("inTokenScope") and is_looked_for(scope, scene):
        yield Violation("inTokenScope", f"{scope.get('name')} is not in the scope claim of tokens")
