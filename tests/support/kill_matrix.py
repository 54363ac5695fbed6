"""Each command with one of four processes killed at moments all along it, in any runtime.

``CHAOS_MOMENTS`` says how many moments (1 by default, 30 for a thorough run).
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stack_cli import StackCli

MOMENTS = range(1, int(os.environ.get("CHAOS_MOMENTS", "1")) + 1)
STEPS = {
    "up": ("up",),
    "up --refresh": ("up", "--refresh"),
    "rotate": ("rotate", "all"),
    "down": ("down",),
}
VICTIMS = ("command", "engine", "keycloak", "server")


def each_kill(test: Callable[..., None]) -> Callable[..., None]:
    """Give a test the parameters ``step``, ``victim`` and ``moment`` of each case of the matrix."""
    for name, values in (("step", STEPS), ("victim", VICTIMS), ("moment", MOMENTS)):
        test = pytest.mark.parametrize(name, values)(test)
    return test


@dataclass
class Tried:
    """A stack that is used again and again.

    Args:
        stack: The stack.
        seconds: How long each step takes when nobody interrupts it.
    """

    stack: StackCli
    seconds: dict[str, float] = field(default_factory=dict)

    def overcomes(self, step: str, victim: str, moment: int) -> None:
        """Kill a process in the middle of a step, and check that the next ``up`` converges.

        Args:
            step: The step, one of :data:`STEPS`.
            victim: The process, one of :data:`VICTIMS`.
            moment: Which of the :data:`MOMENTS` of the step.
        """
        after = self._duration(step) * moment / (len(MOMENTS) + 1)
        self._stand_before(step)
        command = self.stack.begin(*STEPS[step])
        try:
            command.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            killed = self._victim(command, victim)
            if killed is not None:
                killed.kill()
            _, error = command.communicate(timeout=self.stack.patience)
            assert "Traceback" not in error, error
        self.stack.run("up")
        assert self.stack.json("preview", "--refresh")["changes"] == []
        assert all(proof["ok"] for proof in self.stack.json("verify", "token", "tools")["proofs"])

    def _stand_before(self, step: str) -> None:
        """Bring the stack into the state in which the step has most to do."""
        self.stack.run("down" if step == "up" else "up")

    def _duration(self, step: str) -> float:
        """Return the seconds of the step; measured the first time."""
        if step not in self.seconds:
            self._stand_before(step)
            began = time.monotonic()
            self.stack.run(*STEPS[step])
            self.seconds[step] = time.monotonic() - began
        return self.seconds[step]

    def _victim(self, command: subprocess.Popen[str], name: str) -> psutil.Process | None:
        try:
            if name == "command":
                return psutil.Process(command.pid)
            if name == "engine":
                children = psutil.Process(command.pid).children()
                return next((child for child in children if child.name() == "pulumi"), None)
            pid = self.stack.processes().get("calculator" if name == "server" else name)
            return psutil.Process(pid) if pid else None
        except psutil.Error:
            return None
