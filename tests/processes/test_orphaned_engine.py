"""An engine whose command was killed is asked to end by the next command; anybody else's engine is left alone."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest

from provision.engine import orphan
from provision.engine.orphan import EngineLock
from tests.support.stack_cli import alive

_ENGINE = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit("ended in order"))
print("started", flush=True)
signal.pause()
"""
_DEAF = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("started", flush=True)
signal.pause()
"""


@pytest.fixture
def lock(tmp_path):
    return EngineLock(tmp_path / "shop.dev.engine")


@pytest.fixture
def start(tmp_path):
    """Starts a process of some name, with or without a lock, whose command is gone: the lock is inherited only."""
    started = []

    @contextmanager
    def no_lock():
        yield None

    def begin(name, code, lock=None):
        program = tmp_path / name
        if not program.exists():
            program.symlink_to(sys.executable)
        with lock.held() if lock else no_lock() as held:
            process = subprocess.Popen(
                [program, "-c", code],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=lock.mark if lock else {},
                pass_fds=(held,) if lock else (),
            )
        assert process.stdout.readline() == "started\n"
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate(timeout=10)


def test_an_engine_of_a_killed_command_ends_in_order_before_pulumi_has_locked_anything(lock, start):
    engine, said = start("pulumi", _ENGINE, lock), []
    lock.end_orphan(said.append)
    _, error = engine.communicate(timeout=10)
    assert error == "ended in order\n"
    assert said == ["The engine of a command that was killed is still at work; it is asked to end."]
    lock.end_orphan(said.append)
    assert len(said) == 1


def test_an_engine_that_does_not_end_is_killed(lock, start, monkeypatch):
    monkeypatch.setattr(orphan, "_END_SECONDS", 0.2)
    engine = start("pulumi", _DEAF, lock)
    lock.end_orphan(lambda _: None)
    assert not alive(engine.pid)


def test_a_plugin_that_outlived_its_engine_is_ended_without_a_word(lock, start):
    plugin, said = start("pulumi-resource", _DEAF, lock), []
    lock.end_orphan(said.append)
    assert not alive(plugin.pid)
    assert said == []


def test_what_a_plugin_started_for_the_user_is_left_alone(lock, start):
    service = start("service", _ENGINE, lock)
    lock.end_orphan(pytest.fail)
    assert alive(service.pid)


def test_engines_of_others_are_left_alone(lock, tmp_path, start):
    plain, other = (
        start("pulumi", _ENGINE),
        start("pulumi", _ENGINE, EngineLock(tmp_path / "shop.test.engine")),
    )
    ours = start("pulumi", _ENGINE, lock)
    lock.end_orphan(lambda _: None)
    ours.communicate(timeout=10)
    assert alive(plain.pid)
    assert alive(other.pid)
