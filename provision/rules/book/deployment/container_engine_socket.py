"""No container can start other containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.rules.changes import Set, Where
from provision.rules.rule import rule
from provision.rules.thing import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.rules.rule import Scene
    from provision.rules.thing import Thing


_ENGINE = re.compile(r"(docker|containerd|podman|crio)\.sock$|^(/|/var|/run|/var/run)$")


@rule(
    id="container-engine-socket",
    severity="high",
    title="No container can start other containers",
    why="Whoever may talk to the container engine is root on the machine: a container with its disk mounted is one call away.",
    fix="remove the mount of docker.sock",
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
    breaks=((Set(Where("Container"), {"mounts": ["/var/run/docker.sock"]}),),),
    breaks_in="docker",
)
def check(container: Thing, scene: Scene) -> Iterator[Violation]:
    """It has no engine's socket, nor a folder with one."""
    del scene
    for mount in container.items("mounts"):
        if _ENGINE.search(str(mount).rstrip("/") or "/"):
            yield Violation("mounts", f"mounts {mount}")
