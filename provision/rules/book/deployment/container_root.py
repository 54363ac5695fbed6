"""No container runs as root."""

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
    id="container-root",
    severity="medium",
    title="No container runs as root",
    why="A hole in the server is then a hole as root: most ways out of a container begin there. Where no user is named, the image decides, and mostly for root.",
    fix='user: "10001:10001"',
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    breaks=(
        (Set(Where("Container"), {"user": None}),),
        (Set(Where("Container"), {"user": "0:0"}),),
    ),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """A user is named that is not root."""
    del scene
    user = container.get("user")
    if not user:
        yield Violation("user", "runs as the user that its image names, which may be root")
    elif str(user).partition(":")[0] in {"0", "root"}:
        yield Violation("user", "runs as root")
