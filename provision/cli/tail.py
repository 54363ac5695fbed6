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
    """Return the last lines of a log, or no lines if the file does not exist.

    Where the log has too few, the lines of the process that ran before come first: a runtime keeps them in a file of the
    same name that ends in ``.1``.

    Args:
        file: The file.
        count: The greatest number of lines.
        only: The predicate that a line must fulfil.
    """
    tail = _last_lines(Path(file), count, only)
    missing = count - len(tail.lines)
    before = _last_lines(Path(f"{file}.1"), missing, only).lines if missing else []
    return Tail([*before, *tail.lines], tail.offset)


def _last_lines(path: Path, count: int, only: Callable[[str], bool]) -> Tail:
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
    """Yield the file's name and the line for each added line, for ever; read a file that began anew from its start.

    Args:
        files: The files by name.
        offsets: The offset at which to start in each file, in bytes.
    """
    offsets = dict(offsets)
    numbers = {name: _number(Path(file)) for name, file in files.items()}
    while True:
        for name, file in files.items():
            path = Path(file)
            size = path.stat().st_size if path.is_file() else 0
            if size < offsets[name] or _number(path) != numbers[name]:
                offsets[name], numbers[name] = 0, _number(path)
            if size > offsets[name]:
                with path.open("rb") as stream:
                    stream.seek(offsets[name])
                    whole, newline, _ = stream.read().rpartition(b"\n")
                offsets[name] += len(whole) + len(newline)
                for line in whole.decode(errors="replace").splitlines():
                    yield name, line
        time.sleep(_LOOK_EVERY_SECONDS)


def _number(path: Path) -> int | None:
    """Return what tells a file from another that takes its name, or None if there is no file."""
    return path.stat().st_ino if path.is_file() else None
