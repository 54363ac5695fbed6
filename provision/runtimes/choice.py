"""Which runtime a stack uses: what it runs in already, what its file says, or what can be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.runtimes import current
from provision.runtimes.docker import daemon

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Choice:
    """A runtime.

    Args:
        runtime: ``process``, ``docker`` or ``external``.
        why: A line for the user, where the stack file left the choice.
    """

    runtime: str
    why: str = ""


def choose(declared: str, home: Path) -> Choice:
    """The runtime of a stack.

    Args:
        declared: What the stack file says; ``auto`` is containers where they can be had, and processes elsewhere. A
            stack that is up keeps the one that it has.
        home: The stack's folder.

    Raises:
        ProvisionError: Containers are wanted and can't be had, or the stack runs in the other one.
    """
    if declared == "external":
        return Choice(declared)
    there = current.read(home)
    if there is not None:
        return _kept(there.runtime, declared)
    return Choice(declared) if declared == "process" else _free(declared)


def _kept(there: str, declared: str) -> Choice:
    if declared != "auto":
        current.refuse_another(there, declared)
    if there == "docker" and (missing := daemon.missing()) is not None:
        raise ProvisionError(f"The stack runs in containers. {missing.what}", missing.do)
    why = f"runtime: auto stays with {there}, in which the stack is up." if declared == "auto" else ""
    return Choice(there, why)


def _free(declared: str) -> Choice:
    missing = daemon.missing()
    if missing is None:
        return Choice("docker", "runtime: auto takes containers." if declared == "auto" else "")
    if declared == "docker":
        raise ProvisionError(missing.what, f"{missing.do} Or take `runtime: process`.")
    return Choice("process", f"runtime: auto takes processes. {missing.what}")
