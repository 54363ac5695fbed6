"""No site but the client's own reads its answers."""

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
    id="client-any-web-origin",
    severity="medium",
    title="No site but the client's own reads its answers",
    why="With the web origin `*` every web page that a user opens may call Keycloak's token endpoints for the client and read the "
    "answers. A client that runs in a browser needs its own origin only, others need none.",
    fix='webOrigins: ["+"] # the origins of the redirect URIs',
    see="https://www.rfc-editor.org/rfc/rfc9700#section-2.6",
    on=("Client",),
    breaks=((Set(Where("Client", {"access": "public"}), {"webOrigins": ["*"]}),),),
)
def check(client: Thing, scene: Scene) -> Iterator[Violation]:
    """No web origin is a star; Keycloak compares all others letter by letter, so that `/*` fits no origin."""
    del scene
    for origin in client.items("webOrigins"):
        if origin == "*":
            yield Violation("webOrigins", "lets every web page read the answers to it")
