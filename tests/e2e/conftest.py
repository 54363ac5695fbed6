"""Whole stacks, run by the command line as a user does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A throw-away stack that is up, for the tests of a module that change it."""
    with _up(tmp_path_factory.mktemp("live")) as stack:
        yield stack


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A stack that is up, for all tests that only look; what one makes in its realm, it takes away again."""
    with _up(tmp_path_factory.mktemp("shared")) as stack:
        yield stack


@contextmanager
def _up(folder: Path) -> Iterator[StackCli]:
    stack = StackCli(folder)
    try:
        stack.run("up")
        yield stack
    finally:
        stack.throw_away()
