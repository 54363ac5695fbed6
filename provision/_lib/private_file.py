"""Files that are written whole, and folders, that nobody else may read at any time."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def rewrite(path: Path, content: bytes) -> None:
    """Write a file of the user's anew, whole or not at all; its rights stay, and a link is followed.

    Args:
        path: The file.
        content: The content.

    Raises:
        OSError: The file can't be written; it is as it was.
    """
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode)
    write_private(target, content, mode=mode)
    target.chmod(mode)


def write_private(path: Path, content: str | bytes, *, mode: int = 0o400) -> None:
    """Write a file whole or not at all, at no time with more rights than it gets.

    A reader sees the former content or the new one. Of two commands that write at the same time, the last one counts.

    Args:
        path: The file; a link is replaced, not followed.
        content: The content, text in UTF-8.
        mode: The rights of the file; the umask may take some away.

    Raises:
        OSError: The file can't be written; the former one is as it was.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    fresh.unlink(missing_ok=True)  # of a command with the same number that was killed
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        fresh.replace(path)
    except BaseException:
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
