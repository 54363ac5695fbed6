"""The interface through which long work reports its progress. Nothing here knows what a terminal is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Step(Protocol):
    """A piece of work that is under way."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Report the number of bytes done (``total`` in bytes, None if unknown)."""

    def note(self, text: str) -> None:
        """Replace the short text after the title (a file name, a line of a build log)."""


class Progress(Protocol):
    """The display of the steps."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Open a step, which ends with the context: with its duration, or as failed if an exception passes."""


class _SilentStep:
    def advance(self, done: int, total: int | None = None) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class Silent:
    """A progress display that shows nothing."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:  # noqa: ARG002 - the protocol's
        """Open a step that is not shown."""
        yield _SilentStep()
