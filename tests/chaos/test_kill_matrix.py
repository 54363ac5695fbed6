"""Each command with one of four processes killed at moments all along it: the next ``up`` converges, and nothing is left.

``CHAOS_MOMENTS`` says how many moments (1 by default, 30 for a thorough run).
"""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.stack_cli import StackCli, alive

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENTS = int(os.environ.get("CHAOS_MOMENTS", "1"))
STEPS = {
    "up": ("up",),
    "up --refresh": ("up", "--refresh"),
    "rotate": ("rotate", "all"),
    "down": ("down",),
}
VICTIMS = ("command", "engine", "keycloak", "server")

pytestmark = pytest.mark.timeout(600)


class _Tried:
    """A stack that is used again and again, and how long its steps take when nobody interrupts them."""

    def __init__(self, stack: StackCli) -> None:
        self.stack = stack
        self.seconds: dict[str, float] = {}

    def stand_before(self, step: str) -> None:
        """Bring the stack into the state in which the step has most to do."""
        self.stack.run("down" if step == "up" else "up")

    def duration(self, step: str) -> float:
        """Return the seconds of the step; measured the first time."""
        if step not in self.seconds:
            self.stand_before(step)
            began = time.monotonic()
            self.stack.run(*STEPS[step])
            self.seconds[step] = time.monotonic() - began
        return self.seconds[step]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Tried]:
    stack = StackCli(tmp_path_factory.mktemp("chaos"))
    stack.run("up")
    yield _Tried(stack)
    pids = [pid for pid in stack.processes().values() if pid]
    stack.run("down", "--remove")
    assert not any(map(alive, pids))
    assert list(stack.data.glob("*/stacks/test")) == []
    stack.clean_up()


def _victim(stack: StackCli, command: subprocess.Popen[str], name: str) -> psutil.Process | None:
    try:
        if name == "command":
            return psutil.Process(command.pid)
        if name == "engine":
            children = psutil.Process(command.pid).children()
            return next((child for child in children if child.name() == "pulumi"), None)
        pid = stack.processes().get("calculator" if name == "server" else name)
        return psutil.Process(pid) if pid else None
    except psutil.Error:
        return None


@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_is_overcome_by_the_next_up(
    tried: _Tried, step: str, victim: str, moment: int, record_property: pytest.RecordProperty
) -> None:
    record_property("step", step)
    record_property("fault", f"{victim} killed")
    stack = tried.stack
    after = tried.duration(step) * moment / (MOMENTS + 1)
    tried.stand_before(step)
    command = stack.begin(*STEPS[step])
    try:
        command.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        killed = _victim(stack, command, victim)
        if killed is not None:
            killed.kill()
        _, error = command.communicate(timeout=stack.patience)
        assert "Traceback" not in error
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in stack.json("verify", "token", "tools")["proofs"])
