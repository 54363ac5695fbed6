"""The processes of a stack, found in its folder beside folders that are no process's."""

from __future__ import annotations

import os
import signal

import pytest

from provision.cli.status import state_in_words
from provision.runtimes.process import managed_process, status

_SLEEP = ("/bin/sh", "-c", "exec sleep 60")


@pytest.fixture
def home(tmp_path):
    """The folder of a stack in which images were laid out and logs of containers copied."""
    (tmp_path / "images" / "keycloak").mkdir(parents=True)
    (tmp_path / "images" / "keycloak" / "Dockerfile").touch()
    (tmp_path / "containers").mkdir()
    (tmp_path / "containers" / "keycloak.log").touch()
    (tmp_path / "runtime.json").touch()
    yield tmp_path
    status.stop_all(tmp_path)


def _start(home):
    settings = managed_process.ProcessSettings(name="weather", home=home / "weather", command=_SLEEP)
    return managed_process.start(settings, lambda: True)


def test_folders_of_images_and_of_logs_are_no_processes(home):
    assert status.processes(home) == ()
    status.stop_all(home)
    assert [path.name for path in (home / "images").iterdir()] == ["keycloak"], "no lock is left there"


def test_a_process_is_listed_while_it_runs_and_after_it_was_stopped(home):
    started = _start(home)
    assert [(item.name, item.pid) for item in status.processes(home)] == [("weather", started.pid)]
    status.stop_all(home)
    assert [(item.name, item.pid) for item in status.processes(home)] == [("weather", None)]


def test_a_process_that_a_signal_holds_does_not_work(home):
    started = _start(home)
    os.kill(started.pid, signal.SIGSTOP)
    (item,) = status.processes(home)
    assert (item.pid, item.state, item.is_well) == (started.pid, "stopped", False)
    assert item.as_json()["state"] == "stopped"
    assert state_in_words(item) == f"NOT WORKING (stopped); `kill -CONT {started.pid}` lets it go on"
    os.kill(started.pid, signal.SIGCONT)
    (item,) = status.processes(home)
    assert item.is_well
    assert "state" not in item.as_json()


def test_a_stack_without_a_folder_has_no_processes(tmp_path):
    assert status.processes(tmp_path / "nowhere") == ()
