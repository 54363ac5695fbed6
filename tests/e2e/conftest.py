"""Whole stacks, run by the command line as a user does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.stack_cli import StackCli

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder runs the command line."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[StackCli]:
    """A throw-away stack that is not up yet."""
    stack = StackCli(tmp_path)
    yield stack
    stack.clean_up()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """A throw-away stack that is up; tests that share it leave it as they found it."""
    stack = StackCli(tmp_path_factory.mktemp("live"))
    stack.run("up")
    yield stack
    stack.clean_up()
