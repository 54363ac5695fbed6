"""No client gets tokens in a URL."""

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
    id="client-implicit-flow",
    severity="high",
    title="No client gets tokens in a URL",
    why="With the implicit grant the access token is part of the address that the browser is sent to: it ends up in the history, "
    "in logs and in what other sites are told, and nothing binds it to the client. OAuth 2.1 no longer has it.",
    fix="implicitFlow: false",
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.1.2",
    on=("Client",),
    breaks=((Set(Where("Client", {"access": "public"}), {"implicitFlow": True}),),),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """The implicit grant is off."""
    del scene
    if client.get("implicitFlow"):
        yield Violation("implicitFlow", "gets access tokens in the address of a page")
