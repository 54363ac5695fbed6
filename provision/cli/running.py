"""What of a stack runs on this machine, as processes or in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.config.project import StackFile

_IMAGES = "images"
"""In this folder of a stack the contexts of its images are laid out, so it is there once it ran in containers."""


def running(stack: StackFile) -> list[dict[str, Any]]:
    """What a stack runs: for each its ``name``, its ``pid`` (None when it is not running) and its ``log`` file.

    Raises:
        ProvisionError: It ran in containers, and the Docker daemon does not answer.
    """
    from provision.runtimes.process.status import processes

    found = [item for item in processes(stack.home) if item["name"] != _IMAGES]
    if (stack.home / _IMAGES).is_dir():
        from provision.runtimes.docker import containers

        found += containers.processes(label(stack), stack.home / _IMAGES)
    return found


def with_logs(stack: StackFile, chosen: list[dict[str, Any]], *, follow: bool) -> None:
    """See to it that the log files are there: a container's log is the daemon's.

    Args:
        stack: The stack.
        chosen: Some of what :func:`running` told.
        follow: Go on writing them as long as this process lives.
    """
    contained = [item for item in chosen if f"/{_IMAGES}/" in item["log"]]
    if contained:
        from provision.runtimes.docker import containers

        containers.copy_logs(label(stack), contained, follow=follow)


def label(stack: StackFile) -> str:
    """What the containers of a stack are labelled with."""
    return f"{stack.project.name}-{stack.name}"
