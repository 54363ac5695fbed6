"""The last lines of log files, and the lines that are added later."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LOOK_EVERY_SECONDS = 0.2  # Linux and macOS have no common event for a growing file


class Tail(NamedTuple):
    """The end of a file.

    Args:
        lines: The last lines.
        offset: The offset at which to go on reading, in bytes from the start.
    """

    lines: list[str]
    offset: int


def last_lines(file: str, count: int, *, only: Callable[[str], bool] = lambda _line: True) -> Tail:
    """Return the last lines of a file, or no lines if the file does not exist.

    Args:
        file: The file.
        count: The greatest number of lines.
        only: The predicate that a line must fulfil.
    """
    path = Path(file)
    lines: deque[str] = deque(maxlen=count)
    offset = 0
    if path.is_file():
        with path.open("rb") as stream:
            for raw in stream:
                offset += len(raw)
                line = raw.decode(errors="replace").rstrip("\n")
                if only(line):
                    lines.append(line)
    return Tail(list(lines), offset)


def follow_files(files: Mapping[str, str], offsets: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the file's name and the line for each added line, for ever; read a truncated file from its start.

    Args:
        files: The files by name.
        offsets: The offset at which to start in each file, in bytes.
    """
    offsets = dict(offsets)
    while True:
        for name, file in files.items():
            path = Path(file)
            size = path.stat().st_size if path.is_file() else 0
            if size < offsets[name]:
                offsets[name] = 0
            if size > offsets[name]:
                with path.open("rb") as stream:
                    stream.seek(offsets[name])
                    whole, newline, _ = stream.read().rpartition(b"\n")
                offsets[name] += len(whole) + len(newline)
                for line in whole.decode(errors="replace").splitlines():
                    yield name, line
        time.sleep(_LOOK_EVERY_SECONDS)
