"""The record of a stack's runtime in the stack's folder: the first object of a stack to be written, the last removed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import make_private_folder, write_private
from provision.config import runtimes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_FILE = "runtime.json"
RESOURCE_TYPE = "provision:index:Runtime"
"""The type of the resource that writes the record and has the same values in the stack's state."""


class BrokenRecordError(ProvisionError):
    """A record that can't be read."""


@dataclass(frozen=True)
class RuntimeRecord:
    """The record of a stack's runtime.

    Args:
        runtime: The runtime's name.
        mark: A random id of this stack. It distinguishes the stack's resources from the resources of another stack
            with the same name.
    """

    runtime: str
    mark: str


def read(home: Path) -> RuntimeRecord | None:
    """Return the record of the stack's runtime, or None if the stack is not up.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The record's file is broken.
    """
    file = home / _FILE
    try:
        record = RuntimeRecord(**json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError, RecursionError) as error:
        raise _broken(file) from error
    if not isinstance(record.runtime, str) or not isinstance(record.mark, str):
        raise _broken(file)
    return record


def exists(home: Path) -> bool:
    """Return whether there is a record, whole or broken, which shows that the stack is up.

    Args:
        home: The stack's folder.
    """
    return (home / _FILE).is_file()


def _broken(file: Path) -> BrokenRecordError:
    return BrokenRecordError(
        f"{file} is broken.", f"{hint('down')} removes the stack, and {hint('up')} makes it anew."
    )


def readable(home: Path) -> RuntimeRecord | None:
    """Return the record; None also if it is broken.

    Args:
        home: The stack's folder.
    """
    try:
        return read(home)
    except BrokenRecordError:
        return None


def known(home: Path, resources: Callable[[], Iterable[Mapping[str, Any]]]) -> RuntimeRecord | None:
    """Return the record, or its copy in the stack's state if the file is lost or broken; None if the stack is not up.

    Args:
        home: The stack's folder.
        resources: Reads the resources of the stack's state, as Pulumi writes them.

    Raises:
        ProvisionError: The file is broken, and the state has no copy.
    """
    found = readable(home) or _copy_in(resources())
    return read(home) if found is None else found


def mend(home: Path, resources: Iterable[Mapping[str, Any]]) -> bool:
    """Write a record that is lost or broken anew from its copy in the stack's state; return whether that was needed.

    Args:
        home: The stack's folder.
        resources: The resources of the stack's state, as Pulumi writes them.
    """
    if readable(home) is not None or (found := _copy_in(resources)) is None:
        return False
    write(home, found)
    return True


def _copy_in(resources: Iterable[Mapping[str, Any]]) -> RuntimeRecord | None:
    for item in resources:
        if item.get("type") == RESOURCE_TYPE:
            match item.get("inputs"):
                case {"runtime": str(runtime), "mark": str(mark)}:
                    return RuntimeRecord(runtime, mark)
    return None


def remove_broken(home: Path) -> bool:
    """Remove the record if it is broken, as if it was lost; return whether it was.

    Args:
        home: The stack's folder.
    """
    try:
        read(home)
    except BrokenRecordError:
        remove(home)
        return True
    return False


def write(home: Path, record: RuntimeRecord) -> None:
    """Write the record of the stack's runtime.

    Args:
        home: The stack's folder, which is created if it does not exist.
        record: The record.
    """
    make_private_folder(home)
    write_private(home / _FILE, json.dumps(asdict(record)), mode=0o600)


def remove(home: Path) -> None:
    """Remove the record, after everything else of the stack was removed.

    Args:
        home: The stack's folder.
    """
    (home / _FILE).unlink(missing_ok=True)


def refuse_another(current: str, declared: str) -> None:
    """Refuse to change the runtime of a stack that is up.

    Args:
        current: The runtime that the stack runs in.
        declared: The runtime in the stack file.

    Raises:
        ProvisionError: The two runtimes differ.
    """
    if current != declared:
        raise ProvisionError(
            f"The stack runs {runtimes.facts(current).manner}, and its file says `runtime: {declared}`.",
            f"Run {hint('down')}, then {hint('up')}: the realm is made anew from the same file; "
            "clients and users that were added to it are lost.",
        )
