"""A stack in containers with one process killed at moments all along each command: the next ``up`` converges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.contained_stack import BUILD_SECONDS, ContainedStack
from tests.support.kill_matrix import Tried, each_kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.docker_daemon import Docker

pytestmark = pytest.mark.timeout(2 * BUILD_SECONDS)


@pytest.fixture(scope="module")
def tried(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    stack = ContainedStack(tmp_path_factory.mktemp("chaos"), docker)
    stack.run("up")
    yield Tried(stack)
    stack.run("down", "--remove")
    assert stack.left() == []


@each_kill
def test_a_kill_is_overcome_by_the_next_up(
    tried: Tried, step: str, victim: str, moment: int, record_property: pytest.RecordProperty
) -> None:
    record_property("step", f"{step} (docker)")
    record_property("fault", f"{victim} killed")
    tried.overcomes(step, victim, moment)
