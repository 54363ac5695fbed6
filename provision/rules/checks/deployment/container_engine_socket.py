"""No container can start other containers."""

import re
from collections.abc import Iterator

from provision.rules import Resource, Violation, rule

_ENGINE = re.compile(r"(docker|containerd|podman|crio)\.sock$|^(/|/var|/run|/var/run)$")


@rule(
    id="container-engine-socket",
    severity="high",
    title="No container can start other containers",
    why="Whoever may talk to the container engine is root on the machine: a container with its disk mounted is one call away.",
    fix="remove the mount of docker.sock",
    example='Container: mounts: ["/var/run/docker.sock"]',
    see="https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html",
    on=("Container",),
)
def check(container: Resource) -> Iterator[Violation]:
    """Check that no mount is an engine's socket, or a folder that holds one."""
    for mount in container.items("mounts"):
        if _ENGINE.search(str(mount).rstrip("/") or "/"):
            yield Violation("mounts", f"mounts {mount}")
