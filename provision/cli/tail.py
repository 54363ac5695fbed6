"""The end of log files, and what is added to them."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LOOK_EVERY_SECONDS = 0.2  # no event for a growing file works alike on Linux and macOS


class Tail(NamedTuple):
    """The end of a file.

    Args:
        lines: The last lines.
        offset: Where to go on reading, in bytes from the start.
    """

    lines: list[str]
    offset: int


def last_lines(file: str, count: int, *, only: Callable[[str], bool] = lambda _line: True) -> Tail:
    """The last lines of a file; none when there is no such file.

    Args:
        file: The file.
        count: How many lines at most.
        only: Which lines count.
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
    """Name and line of whatever is added to the files, for ever; a file that starts anew is read from its start.

    Args:
        files: The files by name.
        offsets: Where to start in each, in bytes.
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
