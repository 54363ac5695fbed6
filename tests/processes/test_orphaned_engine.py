"""An engine whose command was killed is asked to end by the next command; anybody else's engine is left alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from provision.engine.state_file import OWN_ENGINE, StateFile
from tests.support.stack_cli import alive

_ENGINE = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit("ended in order"))
print("started", flush=True)
signal.pause()
"""


@pytest.fixture
def state(tmp_path):
    return StateFile(tmp_path, "shop", "dev")


def _engine(state, **variables):
    """Start a stand-in for an engine, which holds a lock on the stack."""
    line = [sys.executable, "-c", _ENGINE]
    process = subprocess.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **variables},
    )
    assert process.stdout.readline() == "started\n"
    lock = state.folder / ".pulumi" / "locks" / "organization" / "shop" / "dev" / "1.json"
    lock.parent.mkdir(parents=True)
    holder = {
        "pid": process.pid,
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
    }
    lock.write_text(json.dumps(holder))
    return process


def test_an_engine_of_a_killed_command_ends_and_its_lock_goes(state):
    process = _engine(state, **{OWN_ENGINE: "1"})
    state.remove_leftovers()
    assert state.locks() == []
    _, error = process.communicate(timeout=10)
    assert error == "ended in order\n"


def test_an_engine_of_pulumis_own_command_line_is_left_alone(state):
    process = _engine(state)
    state.remove_leftovers()
    assert len(state.locks()) == 1
    assert alive(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
