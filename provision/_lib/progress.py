"""How long work tells what it is doing. Nothing here knows what a terminal is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class Step(Protocol):
    """One piece of work that is under way."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Say how many bytes of how many are done (``total`` in bytes, None when unknown)."""

    def note(self, text: str) -> None:
        """Replace the short text behind the title (a file name, a line of a build log)."""


class Progress(Protocol):
    """Where steps are shown."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Open a step; leaving the context ends it, with its time, or as failed when an exception passes."""


class _SilentStep:
    def advance(self, done: int, total: int | None = None) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class Silent:
    """A progress that shows nothing."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:  # noqa: ARG002 - the protocol's
        """Open a step that nobody sees."""
        yield _SilentStep()
