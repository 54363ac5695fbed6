"""The registry of runtimes, which lists this package's folders and loads only the runtime that is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from provision.config import runtimes
from provision.config.names import NAMESPACE
from provision.runtimes import runtime_record

if TYPE_CHECKING:
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
    found: Runtime = runtimes.load(name, "runtime").RUNTIME(name)
    return found


def of_stack(stack: StackFile) -> Runtime:
    """Return the runtime that a stack is up in, or else the runtime in the stack file, whose other settings are not read.

    Args:
        stack: The stack.

    Raises:
        ProvisionError: There is no such runtime, or the stack's record is broken.
    """
    record = runtime_record.read(stack.home)
    if record is not None:
        return runtime(record.runtime)
    declared = (stack.document().get("config") or {}).get(f"{NAMESPACE}:runtime", DEFAULT)
    return runtime(runtimes.tried_by_auto()[-1] if declared == runtimes.AUTO else str(declared))
