"""A stack as its runtime sees it, without the Pulumi CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.engine.backend import Backend
from provision.runtimes import registry
from provision.runtimes.protocol import LiveStack

if TYPE_CHECKING:
    from provision.config.project import StackFile
    from provision.runtimes.protocol import RunningProcess, Runtime


def runtime(stack: StackFile) -> Runtime:
    """Return the runtime that a stack is up in, or the runtime that its file names.

    Args:
        stack: The stack.

    Raises:
        ProvisionError: There is no such runtime, it can't be loaded, or the stack's record is broken.
    """
    backend = Backend(stack)
    return registry.of_stack(stack, lambda: backend.resources() or ())


def running(stack: StackFile) -> tuple[RunningProcess, ...]:
    """Return the processes that a stack runs or should run on this machine.

    Resources are read only from a state in the project's own folder.

    Args:
        stack: The stack.

    Raises:
        ProvisionError: The runtime does not answer, or the stack's record is broken.
    """
    backend = Backend(stack)
    live = LiveStack.of(stack, lambda: backend.resources() or (), is_alone=backend.record is not None)
    return runtime(stack).processes(live)
