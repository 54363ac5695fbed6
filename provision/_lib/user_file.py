"""Files that a user names: read without waiting for ever, and no further than they make sense."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 64 << 20
"""The bytes of the largest file that is read whole: an export of a realm with thousands of clients has some 10 MB."""
_OPEN_ALREADY: Final = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")


def content(path: Path, most: int = LARGEST) -> bytes:
    """Return the content of a file, or of what a shell hands over as one (``<(program)``).

    Args:
        path: The file.
        most: The number of bytes that it may have.

    Raises:
        OSError: The file can't be read. So it is for a named pipe or a device, which could keep the reader for ever, and
            for a file that is too large.
    """
    with open(path, "rb", opener=_opened) as file:
        is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        if not is_file and not str(path).startswith(_OPEN_ALREADY):
            raise OSError(0, "it is a pipe or a device, and no file")
        os.set_blocking(file.fileno(), True)
        found = file.read(most + 1)
    if len(found) > most:
        raise OSError(0, f"it has more than {_shown(most)}")
    return found


def _opened(path: str, flags: int) -> int:
    """Open a file without waiting for who writes into a named pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _shown(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
