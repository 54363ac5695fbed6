"""A stack of processes with one process killed at moments all along each command: the next ``up`` converges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kill_matrix import Tried, each_kill
from tests.support.stack_cli import StackCli, alive

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    stack = StackCli(tmp_path_factory.mktemp("chaos"))
    stack.run("up")
    yield Tried(stack)
    pids = [pid for pid in stack.processes().values() if pid]
    stack.run("down", "--remove")
    assert not any(map(alive, pids))
    assert list(stack.data.glob("*/stacks/test")) == []
    stack.clean_up()


@each_kill
def test_a_kill_is_overcome_by_the_next_up(
    tried: Tried, step: str, victim: str, moment: int, record_property: pytest.RecordProperty
) -> None:
    record_property("step", step)
    record_property("fault", f"{victim} killed")
    tried.overcomes(step, victim, moment)
