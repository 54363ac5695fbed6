"""The question before something that can't be undone, or that is felt in production."""

from __future__ import annotations

import sys

import click

from provision._lib.errors import UsageError


def ask(question: str, *, what: str, do: str) -> None:
    """Ask the user on the terminal, and end the command unless the answer is yes.

    Args:
        question: The question.
        what: What is at stake, for a command without a terminal.
        do: What such a command has to say.

    Raises:
        UsageError: There is no terminal.
        click.Abort: The answer is no.
    """
    if not sys.stdin.isatty():
        raise UsageError(what, do)
    click.confirm(question, abort=True, err=True)
