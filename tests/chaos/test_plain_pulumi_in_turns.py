"""Plain ``pulumi`` and ``provision`` on one stack: in any order, interrupted, and both at once."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.pulumi_shell import PulumiShell
from tests.support.stack_cli import until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

FAILED = 1
_NOTHING_CHANGES = "--expect-no-changes"
_LOCKED = "the stack is currently locked by 1 lock(s)"
_UP = ("up", "--yes", "--skip-preview")


@pytest.fixture
def shell(stack):
    """A shell on a throw-away stack that is not there yet."""
    return PulumiShell(stack)


def wait_for(process: subprocess.Popen[str], text: str) -> str:
    """Read what a command writes until a line with that text, which is returned."""
    for line in process.stdout or ():
        if text in line:
            return line
    raise AssertionError(f"the command ended without {text!r}")


_STEPS: dict[str, Callable[[PulumiShell], object]] = {
    "pulumi preview": lambda shell: shell.pulumi("preview"),
    "pulumi up": lambda shell: shell.pulumi(*_UP),
    "pulumi up --refresh": lambda shell: shell.pulumi("up", "--yes", "--refresh"),
    "pulumi refresh": lambda shell: shell.pulumi("refresh", "--yes"),
    "pulumi destroy": lambda shell: shell.pulumi("destroy", "--yes", "--skip-preview"),
    "provision preview": lambda shell: shell.stack.run("preview"),
    "provision up": lambda shell: shell.stack.run("up"),
    "provision up --refresh": lambda shell: shell.stack.run("up", "--refresh"),
    "provision down": lambda shell: shell.stack.run("down"),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [4, 6])
def test_pulumi_and_provision_take_turns_in_any_order(shell, stack, seed):
    order = random.Random(seed)
    if order.random() < 0.5:
        shell.pulumi("stack", "init", "test")
    else:
        stack.run("preview")
    is_up, known = False, None
    for step in order.sample([*_STEPS, "pulumi up", "provision up"], len(_STEPS) + 2):
        was_up, is_up = is_up, _is_up_after(step, before=is_up)
        _STEPS[step](shell)
        found = (shell.outputs(), stack.processes())
        if not is_up:
            assert found == ({}, {}), step
            continue
        assert not was_up or found == known, step
        known = found
        if step.startswith("pulumi"):  # the other one must find nothing to do
            assert stack.json("preview")["changes"] == [], step
        else:
            shell.pulumi("preview", _NOTHING_CHANGES)


def _is_up_after(step: str, *, before: bool) -> bool:
    action = step.split()[1]
    return {"up": True, "destroy": False, "down": False}.get(action, before)


def test_an_interrupted_up_ends_in_order_and_the_next_one_goes_on(shell, stack):
    shell.pulumi("stack", "init", "test")
    process = shell.begin(*_UP)
    wait_for(process, "process:Keycloak")
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=stack.patience)
    assert process.returncode == FAILED, shown
    assert "cancel" in shown

    shell.pulumi(*_UP)
    shell.pulumi("preview", _NOTHING_CHANGES)
    assert stack.json("preview")["changes"] == []
    assert all(proof["ok"] for proof in stack.json("verify", "token")["proofs"])


def test_a_killed_up_is_gone_on_from_by_provision(shell, stack):
    shell.pulumi("stack", "init", "test")
    process = shell.begin(*_UP)
    wait_for(process, "process:Keycloak")
    process.kill()
    process.communicate()
    assert _LOCKED in shell.pulumi(*_UP, code=None)

    stack.run("up")
    shell.pulumi("preview", _NOTHING_CHANGES)
    assert all(proof["ok"] for proof in stack.json("verify", "token")["proofs"])


def test_the_second_of_two_at_once_is_told_of_the_lock(shell, stack):
    shell.pulumi("stack", "init", "test")
    first = shell.begin(*_UP)
    wait_for(first, "process:Keycloak")
    assert _LOCKED in shell.pulumi(*_UP, code=None)
    assert "Another Pulumi command is working on the stack." in stack.run("up", code=FAILED).stderr
    shown, _ = first.communicate(timeout=stack.patience)
    assert first.returncode == 0, shown
    shell.pulumi("preview", _NOTHING_CHANGES)


def test_plain_pulumi_is_told_that_provision_works_on_the_stack(shell, stack):
    stack.run("preview")
    first = stack.begin("up")
    until(lambda: [*stack.data.glob("*/state/.pulumi/locks/**/*.json")], "the stack is locked")
    assert _LOCKED in shell.pulumi(*_UP, code=None)
    _, shown = first.communicate(timeout=stack.patience)
    assert first.returncode == 0, shown
    shell.pulumi("preview", _NOTHING_CHANGES)
