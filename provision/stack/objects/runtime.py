"""The record of the runtime that a stack runs in."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from provision._lib.matches import Matches
from provision.config.project_place import in_a_stack, is_in_a_stack
from provision.config.runtimes import RuntimeName
from provision.core.handler import LocalHandler, Observed
from provision.core.spec import NaturalKey, Spec
from provision.runtimes import runtime_record
from provision.runtimes.runtime_record import RuntimeRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK_BYTES = 8


class Runtime(Spec, module="index"):
    """The runtime that a stack runs in: processes or containers of this machine.

    Everything that the stack starts depends on this object, so the object is made first and removed last. A stack's
    runtime can't be changed: remove the stack and make it anew.
    """

    name: Annotated[str, NaturalKey] = Field(default="runtime", description="A name of your own.")
    home: str = Field(min_length=1, description="The stack's folder on this machine; absolute.")
    runtime: Annotated[str, RuntimeName(only=lambda facts: facts.is_recorded)] = Field(
        description="What the stack runs in: `process`, `docker`, or another runtime (docs/runtimes.md)."
    )
    mark: Annotated[str, Matches("[0-9a-f]*", "must be hexadecimal digits")] = Field(
        default="",
        description="A random id of this stack. It distinguishes the stack's resources from the resources of another "
        "stack with the same name; left out, one is chosen and kept.",
    )


class RuntimeHandler(LocalHandler[Runtime]):
    """The handler of a stack's runtime: a file in the stack's folder, for readers that have no access to the state."""

    def fill_defaults(self, spec: Runtime, old: Runtime | None) -> Runtime:
        """Return the spec with the mark that an earlier run chose, even a killed run, or with a new mark.

        Raises:
            ProvisionError: The stack runs in another runtime, or the file is broken and the state does not know either.
        """
        home = Path(spec.home)
        there = runtime_record.read(home) if old is None else runtime_record.readable(home)
        known = there or (RuntimeRecord(old.runtime, old.mark) if old is not None else None)
        if known is not None:
            runtime_record.refuse_another(known.runtime, spec.runtime)
        mark = spec.mark or (known.mark if known is not None else secrets.token_hex(_MARK_BYTES))
        return spec.model_copy(update={"mark": mark})

    def preflight(self, spec: Runtime) -> None:
        """Raise an error if the home is not the folder of a stack."""
        in_a_stack(spec.home)

    def needs_update(self, spec: Runtime, outputs: Mapping[str, Any]) -> str | None:
        """Return why the file is written again, or None if the file exists.

        The file is missing if it was lost or if the state was made on another machine. A broken file counts as a lost one.
        """
        del outputs
        if runtime_record.readable(Path(spec.home)) is not None:
            return None
        return "what the stack runs in is written down again"

    def find(self, key: Runtime) -> Observed[Runtime] | None:
        """Return the runtime from the file, or from the key if there is no whole file; None if the key has no mark."""
        if not getattr(key, "mark", ""):
            return None
        there = runtime_record.readable(Path(key.home))
        return Observed(key.name, key if there is None else key.model_copy(update=vars(there)))

    def create(self, spec: Runtime) -> None:
        """Write the stack's runtime and mark to the file."""
        runtime_record.write(in_a_stack(spec.home), RuntimeRecord(spec.runtime, spec.mark))

    def delete(self, found: Observed[Runtime]) -> None:
        """Remove the file; outside of the stacks nothing is removed."""
        if is_in_a_stack(found.spec.home):
            runtime_record.remove(Path(found.spec.home))
