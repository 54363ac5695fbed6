"""The progress display: long steps with sizes and times, and the objects of an operation while they are made.

All output goes to standard error. Without a terminal, the same facts are printed as plain lines.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from provision.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from rich.live import Live

    from provision._lib.progress import Step
    from provision._lib.styled_text import Segment
    from provision.engine.events import Change

_DONE = {
    "create": ("+", "green", "created"),
    "import": ("+", "green", "imported"),
    "update": ("~", "yellow", "updated"),
    "delete": ("-", "red", "deleted"),
    "create-replacement": ("±", "yellow", "replaced"),
    "delete-replaced": ("-", "red", "removed to be replaced"),
}
_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "create-replacement": "replacing"}
_WITH_ADOPTED = {
    "create": ("+", "green", "taken over"),
    "delete": ("-", "yellow", "given back"),
}
"""The operations on objects that were there before the stack, and that stay when the stack goes."""
_STAYS = ("·", "cyan", "stays")
"""The removal of a resource whose object the program has under another name."""
_PLAIN_LINE_EVERY_SECONDS = 10.0
_LONGEST_NOTE = 60
_MIB = 1024 * 1024


class _ScreenStep:
    """A current step, shown as one line."""

    def __init__(self, screen: Screen, title: str) -> None:
        self._screen = screen
        self._title = title
        self._began = time.monotonic()
        self._spoke = self._began
        self._note = ""

    def advance(self, done: int, total: int | None = None) -> None:
        """Show the number of bytes that are done, of the total number if it is known."""
        self.note(f"{done / _MIB:.0f} of {total / _MIB:.0f} MiB" if total else f"{done / _MIB:.0f} MiB")

    def note(self, text: str) -> None:
        """Show a short text after the title."""
        self._note = text if len(text) <= _LONGEST_NOTE else f"{text[: _LONGEST_NOTE - 1]}…"
        now = time.monotonic()
        if not self._screen.draws and now - self._spoke >= _PLAIN_LINE_EVERY_SECONDS:
            self._spoke = now
            self._screen.line(f"  … {self._title}: {self._note} ({self.seconds:.0f} s)")

    def segments(self) -> list[Segment]:
        """Return the segments of the current line."""
        return [self._title, (f"  {self._note}", "dim"), (f"  {self.seconds:.1f} s", "dim")]

    @property
    def seconds(self) -> float:
        """The duration of the step so far, in seconds."""
        return time.monotonic() - self._began


_DRIFT_SIGNS = {"world": "≠", "program": "·"}


class _Lines:
    """Lines about changes, on any stream."""

    def line(self, *segments: Segment) -> None:
        """Print a permanent line."""
        raise NotImplementedError

    def fields(self, change: Change, *, between: str = " → ") -> None:
        """Show the fields that differ, one field per line."""
        for item in change.fields:
            if item.before is None and item.after is None:
                continue
            self.line((f"      {item.path}: ", "dim"), *_difference(item.before, item.after, between))


class Results(_Lines):
    """The results of a command, on standard output; to be printed when the screen draws no more."""

    def __init__(self) -> None:
        self._terminal = Terminal(sys.stdout)

    @property
    def width(self) -> int:
        """The number of columns for text."""
        return self._terminal.width

    def line(self, *segments: Segment) -> None:
        """Print a line."""
        self._terminal.line(*segments)

    def planned(self, change: Change) -> None:
        """Show a line of a preview."""
        sign, color, _ = _done(change) or ("±", "yellow", "")
        word = "give back" if change.adopted and change.op == "delete" else change.op
        self.line((f"  {sign} ", color), change.label, (f"  {word}", "dim"))
        self.fields(change)

    def drifted(self, change: Change) -> None:
        """Show a line of a drift report, which names the difference and not the planned change."""
        if change.cause == "program":
            words = {"create": "declared, not made yet", "delete": "no longer declared, still there"}
            what, color = words.get(change.op, "declared otherwise than applied"), "cyan"
        else:
            what, color = ("gone" if change.op == "create" else "changed by somebody else"), "yellow"
        self.line((f"  {_DRIFT_SIGNS[change.cause]} ", color), change.label, (f"  {what}", "dim"))
        self._drifted_fields(change)

    def _drifted_fields(self, change: Change) -> None:
        """Show the fields that differ, what a list has besides the declared items, and what it lacks."""
        for item in change.fields:
            if not isinstance(item.before, list) or not isinstance(item.after, list):
                self.fields(replace(change, fields=(item,)), between=", declared ")
                continue
            more = [value for value in item.before if value not in item.after]
            less = [value for value in item.after if value not in item.before]
            if not more and not less:  # only the order differs
                self.fields(replace(change, fields=(item,)), between=", declared ")
            for word, values in (("has too", more), ("lacks", less)):
                if values:
                    self.line((f"      {item.path} {word}: ", "dim"), ", ".join(map(repr, values)))


class Screen(_Lines):
    """A display of steps and changes on standard error, to be used as a context manager."""

    def __init__(self) -> None:
        self._steps: dict[int, _ScreenStep] = {}
        self._changes: dict[str, tuple[Change, float]] = {}
        self._terminal = Terminal(sys.stderr)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to draw if standard error is a terminal."""
        if self._terminal.console is not None:
            from provision.cli.drawing import begin

            self._live = begin(self._terminal.console, self._under_way)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing, so that only the permanent lines remain."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @property
    def draws(self) -> bool:
        """True if lines are redrawn in place."""
        return self._live is not None

    @property
    def width(self) -> int:
        """The number of columns for text."""
        return self._terminal.width

    def line(self, *segments: Segment) -> None:
        """Print a permanent line."""
        try:
            self._terminal.line(*segments)
        except BrokenPipeError:  # the reader of the output has gone; the work goes on unseen
            sys.stderr = open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for the rest of the process
            self._terminal = Terminal(sys.stderr)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while the context is open, and its duration at the end."""
        step = _ScreenStep(self, title)
        self._steps[id(step)] = step
        if not self.draws:
            self.line(f"  … {title}")
        try:
            yield step
        except BaseException:
            self.line(("  ✗ ", "red"), title, (f"  {step.seconds:.1f} s", "dim"))
            raise
        else:
            self.line(("  ✓ ", "green"), title, (f"  {step.seconds:.1f} s", "dim"))
        finally:
            del self._steps[id(step)]

    def started(self, change: Change) -> None:
        """Show that work on an object begins."""
        self._changes[change.urn] = (change, time.monotonic())

    def finished(self, change: Change, seconds: float) -> None:
        """Show that a change is done, with its duration and its fields."""
        self._changes.pop(change.urn, None)
        sign, color, word = _done(change) or ("·", "dim", change.op)
        self.line((f"  {sign} ", color), change.label, (f"  {word}  {seconds:.1f} s", "dim"))
        self.fields(change)

    def failed(self, change: Change) -> None:
        """Show that a change failed."""
        self._changes.pop(change.urn, None)
        self.line(("  ✗ ", "red"), change.label)

    def said(self, name: str, message: str) -> None:
        """Show a message about an object."""
        self.line(("  · ", "cyan"), f"{name}: " if name else "", message)

    def _under_way(self) -> list[list[Segment]]:
        """Return a line for each current step and each current change."""
        lines = [step.segments() for step in list(self._steps.values())]
        for change, began in list(self._changes.values()):
            is_given_back = change.adopted and change.op == "delete"
            doing = "giving back" if is_given_back else _DOING.get(change.op, change.op)
            lines.append([change.label, (f"  {doing} {time.monotonic() - began:.1f} s", "dim")])
        return lines


def _done(change: Change) -> tuple[str, str, str] | None:
    """Return the sign, the color and the word for an operation, or None if the operation has none."""
    if change.stays:
        return _STAYS
    return (change.adopted and _WITH_ADOPTED.get(change.op)) or _DONE.get(change.op)


def _difference(before: Any, after: Any, between: str) -> list[Segment]:
    """Return both values, or the removed and the added items if both values are lists."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return [f"{before!r}{between}{after!r}"]
    gone = [(f"-{item!r} ", "red") for item in before if item not in after]
    new = [(f"+{item!r} ", "green") for item in after if item not in before]
    return [*gone, *new] if gone or new else [f"{before!r}{between}{after!r}"]
