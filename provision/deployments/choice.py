"""Which runtime a stack uses where its file leaves the choice."""

from __future__ import annotations

import pulumi

from provision.runtimes.docker import daemon


def chosen(runtime: str) -> str:
    """The runtime: ``process``, ``docker`` or ``external``.

    Args:
        runtime: What the stack file says; ``auto`` is containers where they can be had, and processes elsewhere.

    Raises:
        pulumi.RunError: Containers are asked for and can't be had.
    """
    if runtime not in {"docker", "auto"}:
        return runtime
    missing = daemon.missing()
    if missing is None:
        return "docker"
    if runtime == "docker":
        raise pulumi.RunError(str(missing))
    pulumi.log.info(f"runtime: auto takes processes. {missing.what}")
    return "process"
