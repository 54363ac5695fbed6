"""Lines that rich redraws in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision._lib.styled_text import Segment

_TIMES_A_SECOND = 10


class _QuietConsole(Console):
    """A console that falls silent when its reader goes away, where Rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Stop showing lines."""
        self.quiet = True


class _UnderWay:
    """A drawing of the current steps, one line with a spinner for each step."""

    def __init__(self, lines: Callable[[], list[list[Segment]]]) -> None:
        self._lines = lines
        self._spinner = Spinner("dots")

    def __rich__(self) -> Group:
        """Return the current lines."""
        frame = self._spinner.render(self._clock())
        return Group(*(Text.assemble("  ", (str(frame), "cyan"), " ", *line) for line in self._lines()))

    @staticmethod
    def _clock() -> float:
        import time

        return time.monotonic()


def console(stream: TextIO) -> Console:
    """Return a console that draws on a terminal."""
    return _QuietConsole(file=stream, highlight=False)


def begin(on: Console, lines: Callable[[], list[list[Segment]]]) -> Live:
    """Draw the lines that ``lines`` returns, again and again, until the returned drawing is stopped."""
    live = Live(_UnderWay(lines), console=on, refresh_per_second=_TIMES_A_SECOND, transient=True)
    live.start()
    return live
