"""Running another program to its end with its lines shown as they come."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """How a program ended.

    Args:
        code: Its exit code.
        lines: What it wrote to both of its outputs, without blank lines.
    """

    code: int
    lines: list[str]

    @property
    def last(self) -> str:
        """The last line, or else the exit code in words."""
        return self.lines[-1] if self.lines else f"exit code {self.code}"


def run(
    command: Sequence[str],
    on_line: Callable[[str], object],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
) -> Done:
    """Run a program.

    Args:
        command: The program and its arguments; no secrets.
        on_line: Given every line that is not blank.
        env: Its whole environment.
        cwd: Where it runs.
    """
    lines = []
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if text := line.strip():
                lines.append(text)
                on_line(text)
    return Done(process.returncode, lines)
