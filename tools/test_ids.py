"""A program that compares two lists of tests and shows lost tests: ``python -m tools.test_ids OLD [NEW]``.

A list is the output of ``pytest --collect-only -q``. Without NEW, the current tests are collected. A test with the same
name and parameters in another file has moved; numbers that differ from run to run, such as ports, do not count.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ID = re.compile(r"^tests/\S+\.py::\S.*$", re.MULTILINE)
_CHANGES = re.compile(r"(?<=:)\d{5}\b|0x[0-9a-f]+|/tmp/[^\]\s-]+")


def ids(printed: str) -> Counter[str]:
    """Return the number of occurrences of each id in pytest's output, without parts that differ from run to run."""
    return Counter(_CHANGES.sub("*", found) for found in _ID.findall(printed))


def differences(old: Counter[str], new: Counter[str]) -> Iterator[str]:
    """Yield a line for each test that has gone, moved or come."""
    gone, come = old - new, new - old
    for name, (before, after) in _moved(gone, come).items():
        yield f"moved  {name}: {before} -> {after}"
        gone[f"{before}::{name}"] -= 1
        come[f"{after}::{name}"] -= 1
    yield from (f"gone   {test}" for test in sorted((+gone).elements()))
    yield from (f"new    {test}" for test in sorted((+come).elements()))


def _moved(gone: Iterable[str], come: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the old and the new file of each test that has moved, by the test's name."""
    before = {test.partition("::")[2]: test.partition("::")[0] for test in gone}
    after = {test.partition("::")[2]: test.partition("::")[0] for test in come}
    return {name: (before[name], after[name]) for name in sorted(before.keys() & after.keys())}


def main(files: list[str]) -> int:
    """Print the differences; return 1 if a test has gone."""
    old, *rest = (Path(file).read_text(encoding="utf-8") for file in files)
    new = rest[0] if rest else _collected()
    lines = [*differences(ids(old), ids(new))]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return int(any(line.startswith("gone") for line in lines))


def _collected() -> str:
    command = [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q", "-p", "no:randomly"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
