"""Locks of engines that are gone, or whose process nobody has reaped."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time

import psutil
import pytest

from provision.engine.state_file import StateFile


@pytest.fixture
def state(tmp_path):
    return StateFile(tmp_path, "shop", "dev")


@pytest.fixture
def lock(state):
    """Writes a lock of a process of this machine and returns its file."""
    folder = state.folder / ".pulumi" / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True)

    def write(pid):
        file = folder / "a.json"
        file.write_text(json.dumps({"pid": pid, "hostname": socket.gethostname()}))
        os.utime(file, (0, 0))
        return file

    return write


def test_the_lock_of_a_process_that_is_gone_is_removed(state, lock):
    gone = subprocess.Popen(["true"])
    gone.wait()
    file = lock(gone.pid)
    state.remove_leftovers()
    assert not file.exists()


def test_the_lock_of_a_zombie_is_removed(state, lock):
    zombie = subprocess.Popen(["true"])
    try:
        while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        file = lock(zombie.pid)
        assert psutil.pid_exists(zombie.pid)
        state.remove_leftovers()
        assert not file.exists()
    finally:
        zombie.wait()
