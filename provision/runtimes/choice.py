"""The choice of a stack's runtime: the current runtime, the stack file's runtime, or the first available runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision.config import runtimes
from provision.runtimes import registry, runtime_record

if TYPE_CHECKING:
    from pathlib import Path

    from provision.config.stack_config import StackConfig
    from provision.runtimes.protocol import Runtime


@dataclass(frozen=True)
class Choice:
    """A chosen runtime and the reason for the choice.

    Args:
        runtime: The runtime.
        why: A line for the user if the stack file left the choice open; empty otherwise.
    """

    runtime: Runtime
    why: str = ""


def choose(config: StackConfig, home: Path) -> Choice:
    """Return the runtime of a stack.

    Args:
        config: The stack file's settings; ``runtime: auto`` takes the first available runtime. A stack that is up
            keeps its runtime.
        home: The stack's folder.

    Raises:
        ProvisionError: The wanted runtime is not available, or the stack runs in another runtime already.
    """
    declared = config.runtime
    is_free = declared == runtimes.AUTO
    if not is_free and not runtimes.facts(declared).is_recorded:
        return Choice(registry.runtime(declared))
    # Which runtime is meant is clear if the file names one, and the provider knows from the state whether it is another.
    record = runtime_record.read(home) if is_free else runtime_record.readable(home)
    if record is not None:
        return _kept(record.runtime, config)
    return _first(config) if is_free else _wanted(declared)


def _kept(name: str, config: StackConfig) -> Choice:
    """Return the runtime that a stack is up in."""
    declared = config.runtime
    if declared != runtimes.AUTO:
        runtime_record.refuse_another(name, declared)
    runtime = registry.runtime(name)
    for misfit in runtimes.misfits(config, name):
        raise ProvisionError(
            f"The stack runs {runtime.facts.manner}, and its file does not fit: {misfit}.",
            f"Change the stack file, or run {hint('down')}, then {hint('up')}: the realm is made anew from the same "
            "file; clients and users that were added to it are lost.",
        )
    if (missing := runtime.missing()) is not None:
        raise ProvisionError(f"The stack runs {runtime.facts.manner}. {missing.what}", missing.do)
    why = f"runtime: {declared} stays with {name}, in which the stack is up." if declared != name else ""
    return Choice(runtime, why)


def _wanted(name: str) -> Choice:
    """Return the runtime that the stack file names."""
    runtime = registry.runtime(name)
    if (missing := runtime.missing()) is not None:
        raise ProvisionError(missing.what, f"{missing.do} Or take `runtime: {registry.DEFAULT}`.")
    return Choice(runtime)


def _first(config: StackConfig) -> Choice:
    """Return the first available runtime, which the stack file's settings must fit."""
    lacking = ""
    for name in runtimes.tried_by_auto():
        try:
            runtime = registry.runtime(name)
        except ProvisionError as error:
            lacking += f" {error.what}"
            continue
        for misfit in runtimes.misfits(config, name):
            raise ProvisionError(
                f"runtime: auto can't take {runtime.facts.plural}: {misfit}.{lacking}",
                "Change the stack file, or get what is missing.",
            )
        missing = runtime.missing()
        if missing is None:
            return Choice(runtime, f"runtime: auto takes {runtime.facts.plural}.{lacking}")
        lacking += f" {missing.what}"
    raise ProvisionError(
        f"runtime: auto finds no runtime.{lacking}", f"{hint('doctor')} shows what is missing."
    )
