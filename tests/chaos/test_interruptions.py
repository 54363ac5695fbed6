"""Commands, Keycloaks and engines that are killed or stopped midway: the next run succeeds."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil

from provision.runtimes.process import keycloak
from provision.runtimes.process.status import processes
from tests.support.stack_cli import alive, kill, until

if TYPE_CHECKING:
    import subprocess


def child_named(process: subprocess.Popen[str], name: str) -> psutil.Process | None:
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return next((child for child in children if child.name() == name), None)
    except psutil.Error:
        return None


def keycloak_pid(stack) -> int | None:
    homes = list(stack.data.glob(f"*/stacks/{stack.stack}"))
    return next((item.pid for home in homes for item in processes(home) if item.name == "keycloak"), None)


def test_a_keycloak_killed_while_the_realm_is_made_ends_in_an_error_and_the_next_up_succeeds(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    pid = keycloak_pid(stack)
    (home,) = stack.data.glob("*/stacks/test/keycloak")
    until(lambda: keycloak.running(home) is not None, "Keycloak is ready, and the realm is made next", 60)
    kill(pid)
    _, error = running.communicate(timeout=150)
    assert running.returncode in {0, 1}, error
    assert "Traceback" not in error
    if running.returncode == 1:
        assert "Keycloak" in error
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in stack.json("verify")["proofs"])


def test_ctrl_c_leaves_a_state_from_which_up_goes_on(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    os.kill(running.pid, signal.SIGINT)
    _, error = running.communicate(timeout=150)
    assert running.returncode == 130, error
    assert "Stopped. What was made so far is recorded." in error
    assert f"`provision up -s test -C {stack.project}`" in " ".join(error.split())
    assert "pending operation" not in stack.run("preview").stderr
    assert "pending operation" not in stack.run("up").stderr
    assert stack.json("preview", "--refresh")["changes"] == []


def test_ctrl_c_leaves_a_state_from_which_down_works(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    os.kill(running.pid, signal.SIGINT)
    running.communicate(timeout=150)
    pid = keycloak_pid(stack)
    stack.run("down", "--remove")
    assert pid is None or not alive(pid)
    assert list(stack.data.glob("*/stacks/test")) == []


def test_a_killed_engine_loses_nothing_that_the_next_up_does_not_find(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    engine = child_named(running, "pulumi")
    assert engine is not None
    kill(engine.pid)
    _, error = running.communicate(timeout=150)
    assert running.returncode == 1, error
    assert "Traceback" not in error
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []
    stack.run("down", "--remove")
    assert list(stack.data.glob("*/stacks/test")) == []


def test_a_killed_command_line_loses_nothing_either(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    engine = child_named(running, "pulumi")
    kill(running.pid)
    running.communicate()
    until(lambda: engine is None or not engine.is_running(), "the engine gives up", 60)
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []


def test_a_reader_that_goes_away_does_not_stop_the_work(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "Keycloak is started", 60)
    running.stdout.close()
    running.stderr.close()
    assert running.wait(timeout=150) in {0, 1}
    stack.run("up")
    assert stack.json("preview")["changes"] == []


def test_two_commands_on_one_stack_do_not_collide(stack):
    running = stack.begin("up")
    until(lambda: keycloak_pid(stack) is not None, "the first one works", 60)
    error = stack.run("up", code=1).stderr
    assert "Another command is working on stack test" in error
    _, first = running.communicate(timeout=150)
    assert running.returncode == 0, first
