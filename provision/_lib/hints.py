"""Commands in hints: each names the stack, so that a hint that somebody copies never works on another stack."""

from __future__ import annotations

import shlex

_WITHOUT_STACK = frozenset({"doctor", "schema", "status --all"})
_UNKNOWN = "STACK"
_stacks: list[str] = []


def for_stack(name: str) -> None:
    """Remember the stack that this process works on, which its hints name from now on.

    Args:
        name: The stack's name.
    """
    _stacks[:] = [name]


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
    return " ".join(words)


def hint(command: str, *arguments: str, stack: str | None = None) -> str:
    """Return a command as :func:`command_line` does, in backticks, for the middle of a sentence."""
    return f"`{command_line(command, *arguments, stack=stack)}`"
