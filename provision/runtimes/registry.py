"""The registry of runtimes, which lists this package's folders and loads only the runtime that is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision.config import runtimes
from provision.config.names import NAMESPACE
from provision.runtimes import runtime_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.config.project import StackFile
    from provision.runtimes.protocol import Runtime

DEFAULT = "process"
"""The runtime of a stack whose file names none."""


@cache
def runtime(name: str) -> Runtime:
    """Return a runtime, from the class ``RUNTIME`` of its module ``runtime``.

    Args:
        name: The runtime's name.

    Raises:
        ProvisionError: There is no such runtime, or the runtime can't be loaded.
    """
    found: Runtime = runtimes.load(name, "runtime", "RUNTIME", lambda made: made(name))
    return found


def loadable(names: Iterable[str]) -> Iterator[Runtime]:
    """Yield runtimes, without runtimes that can't be loaded: `provision doctor` shows these.

    Args:
        names: The runtimes' names.
    """
    for name in names:
        try:
            found = runtime(name)
        except ProvisionError:
            continue
        yield found


def of_stack(stack: StackFile, resources: Callable[[], Iterable[Mapping[str, Any]]] = tuple) -> Runtime:
    """Return the runtime that a stack is up in, or else the runtime in the stack file, whose other settings are not read.

    Args:
        stack: The stack.
        resources: Reads the resources of the stack's state, which know the runtime if the record is lost.

    Raises:
        ProvisionError: There is no such runtime, it can't be loaded, or the stack's record is broken.
    """
    record = runtime_record.known(stack.home, resources)
    if record is not None:
        return runtime(record.runtime)
    declared = (stack.document().get("config") or {}).get(f"{NAMESPACE}:runtime", DEFAULT)
    if declared == runtimes.AUTO:
        return next(loadable(reversed(runtimes.tried_by_auto())))
    return runtime(str(declared))
