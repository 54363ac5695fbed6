"""The record of a stack's runtime in the stack's folder: the first object of a stack to be written, the last removed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError
from provision.config import runtimes

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "runtime.json"


@dataclass(frozen=True)
class RuntimeRecord:
    """The record of a stack's runtime.

    Args:
        runtime: The runtime's name.
        mark: The mark that distinguishes this stack from others of the same name.
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
        return RuntimeRecord(**json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError) as error:
        raise ProvisionError(
            f"{file} is broken.", "`provision down` removes the stack, and `provision up` makes it anew."
        ) from error


def write(home: Path, record: RuntimeRecord) -> None:
    """Write the record of the stack's runtime.

    Args:
        home: The stack's folder, which is created if it does not exist.
        record: The record.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = home / f".{_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(record)), encoding="utf-8")
    temporary.replace(home / _FILE)


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
            "Run `provision down`, then `provision up`: the realm is made anew from the same file; "
            "clients and users that were added to it are lost.",
        )
