"""What of a stack runs on this machine, as processes or in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision.cli.contained import contained, in_containers

if TYPE_CHECKING:
    from provision.config.project import StackFile

_IMAGES = "images"
"""In this folder of a stack the contexts of its images are laid out."""
_LOGS = "containers"
"""In this folder of a stack are copies of its containers' logs."""


def running(stack: StackFile) -> list[dict[str, Any]]:
    """What a stack runs: for each its ``name``, its ``pid`` (None when it is not running) and its ``log`` file.

    One in a container has also the name of that, ``container``, and its ``state``.

    Raises:
        ProvisionError: It runs in containers, and the Docker daemon does not answer.
    """
    there = contained(stack)
    if there is None:
        from provision.runtimes.process.status import processes

        return [item for item in processes(stack.home) if item["name"] not in {_IMAGES, _LOGS}]
    from provision.engine import recorded
    from provision.engine.backend import Backend
    from provision.runtimes.docker import containers

    known = recorded.containers(Backend(stack).resources() or ())
    try:
        return containers.processes(there, stack.home / _LOGS, known)
    except ProvisionError as error:
        raise in_containers(error) from error


def with_logs(stack: StackFile, chosen: list[dict[str, Any]], *, follow: bool) -> None:
    """See to it that the log files are there: a container's log is the daemon's.

    Args:
        stack: The stack.
        chosen: Some of what :func:`running` told.
        follow: Go on writing them as long as this process lives.

    Raises:
        ProvisionError: A container was removed, and its log with it.
    """
    contained = [item for item in chosen if "container" in item]
    if not contained:
        return
    from provision.runtimes.docker import containers

    for item in contained:
        if item["state"] == containers.REMOVED:
            raise ProvisionError(
                f"Container {item['container']} was removed, and its log with it.",
                "`provision up` makes it anew.",
            )
    (stack.home / _LOGS).mkdir(mode=0o700, exist_ok=True)
    containers.copy_logs(contained, follow=follow)
