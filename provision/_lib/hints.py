"""Commands in hints: each names stack and project as the caller did, so that who copies one works on nothing else."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WITHOUT_STACK = frozenset({"doctor", "schema", "status --all"})
_UNKNOWN = "STACK"
_stacks: list[str] = []
_projects: list[str] = []


def for_stack(name: str, project: Path | None = None) -> None:
    """Remember the stack that this process works on, which its hints name from now on.

    Args:
        name: The stack's name.
        project: The project's folder, if the caller named one (``-C``).
    """
    _stacks[:] = [name]
    _projects[:] = [] if project is None else [shlex.quote(str(project))]


def for_program(name: str) -> None:
    """Remember the stack of a program that plain ``pulumi`` runs; a command of ours has remembered its own before.

    Args:
        name: The stack's name.
    """
    if not _stacks:
        for_stack(name)


def command_line(command: str, *arguments: str, stack: str | None = None) -> str:
    """Return a command of ours for the stack that this process works on.

    Args:
        command: The words after ``provision``, such as ``secret set``.
        arguments: The arguments and options, quoted for a shell where needed.
        stack: The stack, if another one is meant.
    """
    words = ["provision", command, *map(shlex.quote, arguments)]
    if command not in _WITHOUT_STACK:
        words += ["-s", stack or next(iter(_stacks), _UNKNOWN)]
        if "-C" not in arguments:
            words += [word for project in _projects for word in ("-C", project)]
    return " ".join(words)


def hint(command: str, *arguments: str, stack: str | None = None) -> str:
    """Return a command as :func:`command_line` does, in backticks, for the middle of a sentence."""
    return f"`{command_line(command, *arguments, stack=stack)}`"
