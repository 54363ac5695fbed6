"""The one door to standard output and standard error for text that is not drawn by :mod:`provision.cli.terminal`."""

from __future__ import annotations

import os
from typing import Any

import click

from provision._lib.styled_text import printable
from provision.cli.terminal import is_dumb


def say(text: str = "", *, err: bool = False, nl: bool = True, one_line: bool = False, **style: Any) -> None:
    """Print text for people, without the control characters that a server, a file or a log may have put into it.

    Args:
        text: The text; its tabs and line ends are kept.
        err: Whether it goes to standard error.
        nl: Whether a line end follows.
        one_line: Whether the text is one line, so that a line end in it is somebody else's and is not kept.
        style: Styles of :func:`click.style`, such as ``fg="red"``; a terminal only, and not if ``NO_COLOR`` is set
            (https://no-color.org) or the terminal is dumb.
    """
    color = False if os.environ.get("NO_COLOR") or is_dumb() else None
    kept = "\t" if one_line else "\n\t"
    click.secho(printable(text, besides=kept), err=err, nl=nl, color=color, **style)


def hand_over(text: str) -> None:
    """Print what a program reads, unchanged, on standard output.

    Args:
        text: A document in ASCII, or a value that the user asked for.
    """
    click.echo(text)
