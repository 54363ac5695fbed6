"""Running another program to its end, showing its lines as they arrive."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """The result of a program.

    Args:
        code: The exit code.
        lines: The lines of both outputs, without blank lines.
    """

    code: int
    lines: list[str]

    @property
    def last(self) -> str:
        """The last line of output, or the exit code in words if there is no output."""
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
        on_line: Called with every line that is not blank.
        env: The program's whole environment.
        cwd: The program's working folder.
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
