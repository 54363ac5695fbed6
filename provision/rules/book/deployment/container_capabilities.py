"""A container has no capability that it does not need."""

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
    id="container-capabilities",
    severity="medium",
    title="A container has no capability that it does not need",
    why="Docker gives every container a dozen of root's rights, such as sending forged packets. Neither Keycloak nor an MCP server needs one.",
    fix="capabilities: drops [ALL], and no adds",
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    ephemeral="advisory",
    parameters={"allowed": []},
    breaks=(
        (Set(Where("Container"), {"capabilitiesAdded": ["CAP_SYS_ADMIN"]}),),
        (Set(Where("Container"), {"capabilitiesDropped": ["NET_RAW"]}),),
    ),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """All are dropped, and none is added that is not allowed."""
    added = [_short(name) for name in container.get("capabilitiesAdded")]
    if extra := sorted(set(added) - {_short(name) for name in scene.parameters["allowed"]}):
        yield Violation("capabilitiesAdded", f"adds {', '.join(extra)}")
    if "ALL" not in {_short(name) for name in container.get("capabilitiesDropped")}:
        yield Violation("capabilitiesDropped", "keeps the capabilities that every container gets")


def _short(name: str) -> str:
    return name.upper().removeprefix("CAP_")
