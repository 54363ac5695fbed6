"""No client takes passwords."""

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
    id="client-password-grant",
    severity="high",
    title="No client takes passwords",
    why="With the password grant a client sees its users' passwords, and nothing can ask for a second factor or for consent. "
    "OAuth 2.1 no longer has it.",
    fix="directAccessGrants: false",
    see="https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-10",
    on=("Client",),
    breaks=((Set(Where("Client", {"access": "public"}), {"directAccessGrants": True}),),),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """The password grant is off."""
    del scene
    if client.get("directAccessGrants"):
        yield Violation("directAccessGrants", "takes its users' passwords")
