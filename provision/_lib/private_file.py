"""Files and folders of this user that nobody else may read at any time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, text: str, *, mode: int = 0o400) -> None:
    """Write a file whole or not at all, readable by this user only at any time."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def make_private_folder(path: Path) -> Path:
    """Make a folder, and each folder above it that is missing, closed to other users; return it."""
    for folder in reversed(
        (path, *path.parents)
    ):  # the mode that mkdir takes counts for the last folder of a path only
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
    return path
