"""The check of the programs of a stack's own MCP servers before any part of the stack is started."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from provision._lib.errors import UsageError
from provision.config.names import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.config.stack_config import StackConfig


def refuse_missing(config: StackConfig, folder: Path, source: str) -> None:
    """Refuse commands whose program does not exist or may not be run.

    Args:
        config: The stack file's settings.
        folder: The folder in which the commands are run.
        source: The stack file.

    Raises:
        UsageError: A program can't be run; the error names each with its key and where it was looked for.
    """
    if problems := [*_problems(config, folder)]:
        lines = "\n".join(f"  {NAMESPACE}:{problem}" for problem in problems)
        raise UsageError(
            f"A program that {source} names can't be run:\n{lines}",
            "Correct the command, or install the program; nothing was changed.",
        )


def _problems(config: StackConfig, folder: Path) -> Iterator[str]:
    for path, server in config.placed_servers:
        if server.command and (problem := _problem(server.command[0], folder)):
            yield f"{path}.command: {problem}"


def _problem(program: str, folder: Path) -> str | None:
    """Return why a program can't be run, or None; without a slash, it is looked for in PATH as a shell does."""
    here = folder / program
    if os.sep not in program:
        if shutil.which(program):
            return None
        there = f"; the one in {folder} is ./{program}" if here.is_file() else ""
        return f"there is no program {program} in the folders of PATH{there}"
    if not here.is_file():
        return f"there is no program {program} in {folder}"
    return None if os.access(here, os.X_OK) else f"{here} may not be run (its mode lacks x)"
