"""Commands without the time of their imports: each is a fork of a process that has loaded the command line.

Half of the processor time of a command is spent on importing the same modules, which a test run does thousands of times.
A fork has its own process, environment, folder and streams like any other. ``TEST_COLD_COMMANDS=1`` starts each command
as a user's shell does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COLD = "TEST_COLD_COMMANDS"
_LOADED = (
    *(
        "provision.cli.main",
        "provision.cli.up",
        "provision.cli.preview",
        "provision.cli.down",
        "provision.cli.status",
    ),
    *(
        "provision.cli.verify",
        "provision.cli.drift",
        "provision.engine.operation",
        "provision.engine.program",
    ),
    *("provision.stack.pulumi_program", "provision.provider.host", "provision.keycloak.api.session"),
)
_LOADED_WHOLE = ("provision.keycloak.objects", "provision.stack.objects", "provision.verify.proofs")
_STREAMS = 3


def run(
    line: Sequence[str], *, env: Mapping[str, str], stdin: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run ``provision`` to its end, like :func:`subprocess.run` with its output captured as text.

    Args:
        line: The path of the command line's program, and its arguments.
        env: The whole environment.
        stdin: What the command reads.
        timeout: The time limit, in seconds.

    Raises:
        subprocess.TimeoutExpired: The command took longer; it is killed.
    """
    if os.environ.get(COLD) or not sys.platform.startswith("linux") or _changes_python(env):
        return subprocess.run(
            line, env=env, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    return _Forked(line, _server().connect(), env).communicate(stdin, timeout)


def _changes_python(env: Mapping[str, str]) -> bool:
    """Return whether the interpreter itself would start otherwise, as with another search path."""
    own, given = (
        {key: value for key, value in each.items() if key.startswith("PYTHON")} for each in (os.environ, env)
    )
    return own != given


class _Forked:
    """A command that runs in a fork of the server.

    Args:
        line: The program and its arguments.
        wire: The connection to the server.
        env: The whole environment.
    """

    def __init__(self, line: Sequence[str], wire: socket.socket, env: Mapping[str, str]) -> None:
        self.line = line
        self.wire = wire
        pipes = [os.pipe() for _ in range(_STREAMS)]
        ours = [pipes[0][1], pipes[1][0], pipes[2][0]]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        asked = json.dumps({"line": list(line), "env": dict(env), "folder": str(Path.cwd())}).encode()
        try:
            socket.send_fds(wire, [len(asked).to_bytes(4, "big")], theirs)
            wire.sendall(asked)
            self.pid = int.from_bytes(_exactly(wire, 4), "big")
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self.stdin, self.stdout, self.stderr = ours

    def communicate(self, stdin: str, timeout: float) -> subprocess.CompletedProcess[str]:
        """Feed the command and wait for its end and for the end of its output."""
        pool = ThreadPoolExecutor(_STREAMS)
        with self.wire:
            ended = [
                pool.submit(_exactly, self.wire, 4),
                *(pool.submit(_text, descriptor) for descriptor in (self.stdout, self.stderr)),
            ]
            with suppress(BrokenPipeError), os.fdopen(self.stdin, "w", encoding="utf-8") as stream:
                stream.write(stdin)
            if wait(ended, timeout).not_done:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                pool.shutdown(wait=False)  # a child of the command may hold the pipes for as long as it likes
                raise subprocess.TimeoutExpired(list(self.line), timeout)
        pool.shutdown()
        code, out, error = (each.result() for each in ended)
        return subprocess.CompletedProcess(
            list(self.line), int.from_bytes(code, "big", signed=True), out, error
        )


def _text(descriptor: int) -> str:
    with os.fdopen(descriptor, encoding="utf-8") as stream:
        return stream.read()


@dataclass(frozen=True)
class _Server:
    address: str

    def connect(self) -> socket.socket:
        wire = socket.socket(socket.AF_UNIX)
        wire.connect(self.address)
        return wire


@cache
def _server() -> _Server:
    """Return this process's server; it ends when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    address = str(folder / "commands")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        ended, alive = os.pipe()  # the other side of `alive` tells the server that this process has ended
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_commands", str(listener.fileno()), str(ended)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYDANTIC_DISABLE_PLUGINS": "1"},
            pass_fds=(listener.fileno(), ended),
            stdin=subprocess.DEVNULL,
        )
        os.close(ended)
    _kept.append(alive)
    atexit.register(Path(address).unlink, missing_ok=True)
    return _Server(address)


_kept: list[int] = []


class _Forks:
    """The server: it forks for each command that is asked for.

    Args:
        listener: The socket that takes the commands.
        lifeline: A pipe that ends when nobody asks any more.
    """

    def __init__(self, listener: socket.socket, lifeline: int) -> None:
        self.listener = listener
        self.lifeline = lifeline
        self.running: dict[int, tuple[int, socket.socket]] = {}

    def serve(self) -> Callable[[], object]:
        """Return, in a fork, what runs its command; return in the server itself when nobody asks any more."""
        while True:
            ready, _, _ = select.select([self.listener, self.lifeline, *self.running], [], [])
            if self.lifeline in ready:
                return sys.exit
            for descriptor in ready:
                if descriptor is not self.listener:
                    self._tell_end(descriptor)
                elif command := self._fork():
                    return command

    def _fork(self) -> Callable[[], object] | None:
        """Return what runs the command in the fork, None in the server."""
        wire, _ = self.listener.accept()
        asked, streams = _request(wire)
        if pid := os.fork():
            for stream in streams:
                os.close(stream)
            wire.sendall(pid.to_bytes(4, "big"))
            self.running[os.pidfd_open(pid)] = pid, wire
            return None
        for descriptor in (self.lifeline, *self.running):
            os.close(descriptor)
        for other in (self.listener, wire, *(each for _, each in self.running.values())):
            other.close()
        return _prepared(asked, streams)

    def _tell_end(self, descriptor: int) -> None:
        pid, wire = self.running.pop(descriptor)
        os.close(descriptor)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with wire, suppress(OSError):
            wire.sendall(code.to_bytes(4, "big", signed=True))


def _load() -> None:
    """Import what commands import."""
    for name in _LOADED:
        importlib.import_module(name)
    for package in map(importlib.import_module, _LOADED_WHOLE):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    gc.collect()
    gc.freeze()


def _request(wire: socket.socket) -> tuple[dict[str, object], list[int]]:
    size, streams, _, _ = socket.recv_fds(wire, 4, _STREAMS)
    return json.loads(_exactly(wire, int.from_bytes(size, "big"))), list(streams)


def _prepared(asked: dict[str, object], streams: list[int]) -> Callable[[], object]:
    """Give this fork the streams, the folder, the environment and the arguments of the command; return what runs it."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv[:] = asked["line"]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    from provision.cli import start

    return start


def _exactly(wire: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = wire.recv(size - len(parts))
        if not part:
            raise ConnectionError("the server of commands has ended")
        parts += part
    return parts


def main() -> None:
    """Serve, and be one of the commands after each fork."""
    listener, lifeline = map(int, sys.argv[1:])
    _load()
    _Forks(socket.socket(fileno=listener), lifeline).serve()()


if __name__ == "__main__":
    main()
