"""The end of log files, and what is added to them."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOOK_EVERY_SECONDS = 0.2  # no event for a growing file works alike on Linux and macOS


def last_lines(file: str, count: int) -> list[str]:
    """The last lines of a file; none when there is no such file."""
    path = Path(file)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace") as stream:
        return [line.rstrip("\n") for line in deque(stream, maxlen=count)]


def follow_files(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and line of whatever is added to the files, for ever; a file that starts anew is read from its start."""
    offsets = {name: Path(file).stat().st_size if Path(file).is_file() else 0 for name, file in files.items()}
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
