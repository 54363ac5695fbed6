"""What a stack runs in, kept in its folder: written before anything of it is made, removed after the last of it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "runtime.json"
WORDS = {"process": "as processes", "docker": "in containers"}
"""How a stack runs in each, for a sentence."""


@dataclass(frozen=True)
class Current:
    """What a stack runs in.

    Args:
        runtime: ``process`` or ``docker``.
        mark: Tells what this very stack made from what another one of the same name made.
    """

    runtime: str
    mark: str


def read(home: Path) -> Current | None:
    """What the stack runs in; None when nothing of it is there.

    Args:
        home: The stack's folder.

    Raises:
        ProvisionError: The file is broken.
    """
    file = home / _FILE
    try:
        return Current(**json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError) as error:
        raise ProvisionError(
            f"{file} is broken.", "`provision down` removes the stack, and `provision up` makes it anew."
        ) from error


def write(home: Path, current: Current) -> None:
    """Keep what the stack runs in.

    Args:
        home: The stack's folder, made where it is not there.
        current: What it runs in.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = home / f".{_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(current)), encoding="utf-8")
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
            f"The stack runs {WORDS[current]}, and its file says `runtime: {declared}`.",
            "Run `provision down`, then `provision up`: the realm is made anew from the same file; "
            "clients and users that were added to it are lost.",
        )
