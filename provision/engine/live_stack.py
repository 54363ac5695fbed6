"""A stack as its runtime sees it, without the Pulumi CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.engine.backend import Backend
from provision.runtimes import registry, runtime_record
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


def look(stack: StackFile) -> tuple[tuple[RunningProcess, ...], ProvisionError | None]:
    """Return what runs of a stack, and the error if it is not sure that this is all.

    Args:
        stack: The stack.
    """
    try:
        return running(stack), None
    except ProvisionError as error:
        return _default().processes(_by_folder(stack)), error


def stop_by_folder(stack: StackFile) -> tuple[RunningProcess, ...]:
    """Stop what runs of a stack as far as its folder shows, without its state; return what ran.

    Args:
        stack: The stack.

    Raises:
        ProvisionError: A process or a container can't be stopped or removed.
    """
    live = _by_folder(stack)
    record = runtime_record.readable(stack.home)
    chosen = _default() if record is None else registry.runtime(record.runtime)
    found = tuple(item for item in chosen.processes(live) if item.pid is not None)
    chosen.stop(live)
    return found


def _by_folder(stack: StackFile) -> LiveStack:
    record = runtime_record.readable(stack.home)
    return LiveStack(
        name=f"{stack.project.name}-{stack.name}",
        home=stack.home,
        mark="" if record is None else record.mark,
        resources=tuple,
        is_alone=True,
    )


def _default() -> Runtime:
    """Return the runtime whose processes are found by the folder alone."""
    return registry.runtime(registry.DEFAULT)
