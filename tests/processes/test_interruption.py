"""What a command says when Ctrl-C comes while the engine works."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from provision.engine import pulumi_process
from provision.engine.pulumi_process import CommandStoppedError, PulumiCli

_ENGINE = """#!{python}
import signal, sys, time
asked = []
signal.signal(signal.SIGINT, lambda *_: asked.append(1))
print("ready", flush=True)
while len(asked) < {patience}:
    time.sleep(0.01)
"""


@pytest.fixture
def engine(tmp_path):
    def make(patience):
        program = tmp_path / "pulumi"
        program.write_text(_ENGINE.format(python=sys.executable, patience=patience))
        program.chmod(0o755)
        return PulumiCli(program, Path(tmp_path), {})

    return make


def _stopped(cli, stopping):
    def stop():
        with cli.started(["up"], stopping=stopping) as process:
            assert process.stdout.readline() == "ready\n"
            os.kill(os.getpid(), signal.SIGINT)
            process.wait(30)

    with pytest.raises(CommandStoppedError):
        stop()


def test_the_first_one_is_answered_once_and_not_in_the_handler(engine):
    threads = []
    _stopped(engine(1), lambda: threads.append(threading.current_thread()))
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


def test_an_engine_that_does_not_end_gets_a_second_one(engine, monkeypatch):
    monkeypatch.setattr(pulumi_process, "_STOP_SECONDS", 0.2)
    _stopped(engine(2), lambda: None)


def test_nothing_is_said_without_one(engine, tmp_path):
    said, cli = [], engine(0)
    with cli.started(["up"], stopping=lambda: said.append(1)) as process:
        process.wait(30)
    assert said == []
