"""How the tests come by a Docker daemon. The programs are stand-ins: a real second daemon would disturb the first."""

from __future__ import annotations

import os
import signal

import pytest

from provision._lib.errors import ProvisionError
from tests.support import docker_daemon
from tests.support.docker_daemon import OwnDaemon

_READY = """#!/usr/bin/env python3
import os, pathlib, signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
pid_file = next(pathlib.Path(word.partition("=")[2]) for word in sys.argv if word.startswith("--pidfile"))
pid_file.write_text(str(os.getpid()))
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
with (pid_file.parent / "starts").open("a") as starts:
    starts.write("start\\n")
signal.sigwait([signal.SIGTERM])
pid_file.unlink()
"""
_BROKEN = "#!/bin/sh\necho 'failed to mount the cgroups' >&2\nexit 1\n"
_CLIENT = '#!/bin/sh\ntest -e "$(dirname "${DOCKER_HOST#unix://}")/docker.pid"\n'


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts stand-ins for programs on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, text: str) -> None:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    put("docker", _CLIENT)
    put("iptables", "#!/bin/sh\n")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return put


@pytest.fixture
def daemon(tmp_path):
    return OwnDaemon(tmp_path / "daemon", tmp_path / "data")


def test_the_first_user_starts_it_and_the_last_ends_it(program, daemon):
    program("dockerd", _READY)
    pid_file = daemon.folder / "docker.pid"
    other = OwnDaemon(daemon.folder, daemon.data)
    with daemon.users():
        with other.users():
            process = os.pidfd_open(int(pid_file.read_text()))
        assert pid_file.exists()
    assert not pid_file.exists()
    os.close(process)
    assert (daemon.folder / "starts").read_text() == "start\n"


def test_a_daemon_that_cannot_start_gives_its_reason_at_once(program, daemon):
    program("dockerd", _BROKEN)
    with pytest.raises(ProvisionError, match="failed to mount the cgroups"), daemon.users():
        pass


def test_without_a_daemon_it_says_what_to_install(program, daemon, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    program("docker", "#!/bin/sh\nexit 1\n")
    with pytest.raises(ProvisionError, match=r"apt-get install .*docker\.io"), daemon.users():
        pass


def test_a_daemon_that_runs_is_used_as_it_is(program):
    program("docker", "#!/bin/sh\nexit 0\n")
    with docker_daemon.running() as docker:
        assert docker.environment == {}


def test_one_that_has_ended_by_itself_is_no_error(program, daemon):
    program("dockerd", _READY)
    with daemon.users():
        pid = int((daemon.folder / "docker.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    assert not (daemon.folder / "docker.pid").exists()
