"""Lines that are redrawn in place, by rich."""

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
    """A console whose reader may go away: the work goes on unseen, where Rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Show nothing more."""
        self.quiet = True


class _UnderWay:
    """Whatever is under way at the moment of drawing, each line with a spinner."""

    def __init__(self, lines: Callable[[], list[list[Segment]]]) -> None:
        self._lines = lines
        self._spinner = Spinner("dots")

    def __rich__(self) -> Group:
        """The lines as they are now."""
        frame = self._spinner.render(self._clock())
        return Group(*(Text.assemble("  ", (str(frame), "cyan"), " ", *line) for line in self._lines()))

    @staticmethod
    def _clock() -> float:
        import time

        return time.monotonic()


def console(stream: TextIO) -> Console:
    """What draws on a terminal."""
    return _QuietConsole(file=stream, highlight=False)


def begin(on: Console, lines: Callable[[], list[list[Segment]]]) -> Live:
    """Draw what ``lines`` gives, again and again, until the returned drawing is stopped."""
    live = Live(_UnderWay(lines), console=on, refresh_per_second=_TIMES_A_SECOND, transient=True)
    live.start()
    return live
