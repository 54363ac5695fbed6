"""What a stack runs in, kept in its folder: written before anything of it is made, removed after the last of it."""

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
    """What a stack runs in.

    Args:
        runtime: The runtime.
        mark: Tells what this very stack made from what another one of the same name made.
    """

    runtime: str
    mark: str


def read(home: Path) -> RuntimeRecord | None:
    """What the stack runs in; None when nothing of it is there.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The file is broken.
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
    """Keep what the stack runs in.

    Args:
        home: The stack's folder, made where it is not there.
        record: What it runs in.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = home / f".{_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(record)), encoding="utf-8")
    temporary.replace(home / _FILE)


def remove(home: Path) -> None:
    """Nothing of the stack is there any more.

    Args:
        home: The stack's folder.
    """
    (home / _FILE).unlink(missing_ok=True)


def refuse_another(current: str, declared: str) -> None:
    """Refuse to change what a stack runs in while it is up.

    Args:
        current: What it runs in.
        declared: What its file says.

    Raises:
        ProvisionError: They differ.
    """
    if current != declared:
        raise ProvisionError(
            f"The stack runs {runtimes.facts(current).manner}, and its file says `runtime: {declared}`.",
            "Run `provision down`, then `provision up`: the realm is made anew from the same file; "
            "clients and users that were added to it are lost.",
        )
