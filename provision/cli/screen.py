"""Progress on a terminal: long steps with sizes and times, and the objects of an operation as they are made.

Everything goes to standard error. Without a terminal the same facts come as plain lines.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from provision.engine.events import Change
    from provision.progress import Step

_DONE = {
    "create": ("+", "green", "created"),
    "import": ("+", "green", "imported"),
    "update": ("~", "yellow", "updated"),
    "delete": ("-", "red", "deleted"),
    "create-replacement": ("±", "yellow", "replaced"),
    "delete-replaced": ("-", "red", "removed to be replaced"),
}
_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "create-replacement": "replacing"}
_PLAIN_LINE_EVERY_SECONDS = 10.0
_MIB = 1024 * 1024


class _Console(Console):
    """A console whose reader may go away: the work goes on unseen, where Rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Show nothing more."""
        self.quiet = True


class _ScreenStep:
    """A step that is under way, as one line."""

    def __init__(self, screen: Screen, title: str) -> None:
        self._screen = screen
        self._title = title
        self._began = time.monotonic()
        self._spoke = self._began
        self._note = ""

    def advance(self, done: int, total: int | None = None) -> None:
        """Bytes done of bytes in all."""
        size = f"{done / _MIB:.0f} of {total / _MIB:.0f} MiB" if total else f"{done / _MIB:.0f} MiB"
        self.note(size)

    def note(self, text: str) -> None:
        """A short text behind the title."""
        self._note = text
        now = time.monotonic()
        if not self._screen.live and now - self._spoke >= _PLAIN_LINE_EVERY_SECONDS:
            self._spoke = now
            self._screen.line(f"  … {self._title}: {text} ({now - self._began:.0f} s)")

    def text(self) -> Text:
        """The line as it looks now."""
        seconds = time.monotonic() - self._began
        return Text.assemble(self._title, "  ", (self._note[:60], "dim"), (f"  {seconds:.1f} s", "dim"))

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began


class Screen:
    """A terminal (or a log) that shows steps and changes. Use as a context."""

    def __init__(self) -> None:
        self._console = _Console(stderr=True, highlight=False)
        self._steps: dict[int, _ScreenStep] = {}
        self._changes: dict[str, tuple[Change, float]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(self, console=self._console, refresh_per_second=10, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __rich__(self) -> Group:
        """What is under way, each with a spinner."""
        texts = [step.text() for step in list(self._steps.values())]
        for change, began in list(self._changes.values()):
            doing = _DOING.get(change.op, change.op)
            seconds = time.monotonic() - began
            texts.append(Text.assemble(change.label, (f"  {doing} {seconds:.1f} s", "dim")))
        return Group(*(Spinner("dots", text=text) for text in texts))

    @property
    def live(self) -> bool:
        """Whether lines are redrawn in place."""
        return self._live is not None

    def line(self, text: str | Text) -> None:
        """One line that stays."""
        self._console.print(text, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """A piece of work; its time is shown when it ends."""
        step = _ScreenStep(self, title)
        self._steps[id(step)] = step
        if not self.live:
            self.line(f"  … {title}")
        try:
            yield step
        except BaseException:
            self.line(Text.assemble(("  ✗ ", "red"), title, (f"  {step.seconds:.1f} s", "dim")))
            raise
        else:
            self.line(Text.assemble(("  ✓ ", "green"), title, (f"  {step.seconds:.1f} s", "dim")))
        finally:
            del self._steps[id(step)]

    def started(self, change: Change) -> None:
        """Work on an object begins."""
        self._changes[change.urn] = (change, time.monotonic())

    def finished(self, change: Change, seconds: float) -> None:
        """It is done."""
        self._changes.pop(change.urn, None)
        sign, color, word = _DONE.get(change.op, ("·", "dim", change.op))
        self.line(Text.assemble((f"  {sign} ", color), change.label, (f"  {word}  {seconds:.1f} s", "dim")))
        self.fields(change)

    def failed(self, change: Change) -> None:
        """It went wrong."""
        self._changes.pop(change.urn, None)
        self.line(Text.assemble(("  ✗ ", "red"), change.label))

    def said(self, name: str, message: str) -> None:
        """A line about an object."""
        self.line(Text.assemble(("  · ", "cyan"), f"{name}: " if name else "", message))

    def planned(self, change: Change) -> None:
        """A line of a preview."""
        sign, color, _ = _DONE.get(change.op, ("±", "yellow", ""))
        self.line(Text.assemble((f"  {sign} ", color), change.label, (f"  {change.op}", "dim")))
        self.fields(change)

    def fields(self, change: Change) -> None:
        """The fields that differ, one a line."""
        for item in change.fields:
            if item.before is None and item.after is None:
                continue
            self.line(Text.assemble((f"      {item.path}: ", "dim"), f"{item.before!r} → {item.after!r}"))
