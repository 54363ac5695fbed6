"""A stream for lines of text: in color on a terminal, plain elsewhere and on a terminal that says that it is dumb.

Without a terminal, the drawing library is not even loaded.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from provision._lib.styled_text import plain, printable

if TYPE_CHECKING:
    from rich.console import Console

    from provision._lib.styled_text import Segment

_WIDTH = 100
"""The greatest number of columns on any terminal, since longer lines are hard to read."""
_NARROWEST = 40


def is_dumb() -> bool:
    """Return whether the terminal says that it understands no colors and no movements of the cursor."""
    return os.environ.get("TERM") == "dumb"


class Terminal:
    """A stream for lines of text.

    Args:
        stream: Standard output or standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.console: Console | None = None
        if stream.isatty() and not is_dumb():
            from provision.cli.drawing import console

            self.console = console(stream)

    @property
    def width(self) -> int:
        """The number of columns for text."""
        return _WIDTH if self.console is None else max(_NARROWEST, min(_WIDTH, self.console.width))

    def line(self, *segments: Segment) -> None:
        """Print a line without the control characters that its parts may contain."""
        shown = [
            _harmless(segment) if isinstance(segment, str) else (_harmless(segment[0]), segment[1])
            for segment in segments
        ]
        if self.console is None:
            self._stream.write(f"{plain(shown)}\n")
            self._stream.flush()
        else:
            from rich.text import Text

            self.console.print(Text.assemble(*shown), soft_wrap=True)


def _harmless(text: str) -> str:
    return printable(text, besides="\n\t")
