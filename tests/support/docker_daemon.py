"""A Docker daemon for the tests: a running one, or one of our own.

``python -m tests.support.docker_daemon COMMAND…`` runs a command with a daemon, as continuous integration does.

Our daemon has its data in the user's cache folder, so that images are made once, and everything else in its own folder.
Each user of the daemon holds a lock; the last user to release it ends the daemon.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from provision._lib import cache
from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_START_SECONDS = 60
_KEEP_HOURS = 48
_INSTALL = "On Debian: apt-get install --no-install-recommends docker.io iptables"


@dataclass(frozen=True)
class Docker:
    """A daemon that answers.

    Args:
        host: The daemon's address, in the form of ``DOCKER_HOST``; empty for the client's own choice.
    """

    host: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which clients find the daemon."""
        return {"DOCKER_HOST": self.host} if self.host else {}

    @property
    def full_environment(self) -> dict[str, str]:
        """The environment of a client."""
        return {**os.environ, **self.environment}

    def run(
        self,
        *arguments: str,
        client: str = "docker",
        env: Mapping[str, str] | None = None,
        timeout: float = 1200,
    ) -> str:
        """Run the command line client; return its output, or fail with its error.

        Args:
            arguments: The arguments of the client.
            client: The client to use.
            env: Variables in addition to this process's own.
            timeout: The time limit, in seconds.
        """
        done = self.attempt(*arguments, client=client, env=env, timeout=timeout)
        if done.returncode != 0:
            said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}".strip()
            raise AssertionError(f"docker {' '.join(arguments[:3])} failed: {said}")
        return done.stdout

    def attempt(
        self,
        *arguments: str,
        client: str = "docker",
        env: Mapping[str, str] | None = None,
        timeout: float = 1200,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line client and return its result, failed or not; see :meth:`run`."""
        return subprocess.run(
            [client, *arguments],
            env={**self.full_environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def has_image(self, name: str) -> bool:
        """Return whether the daemon has an image."""
        return self.attempt("image", "inspect", name).returncode == 0


@contextmanager
def running() -> Iterator[Docker]:
    """Provide a daemon for as long as the context lasts.

    Raises:
        ProvisionError: No daemon runs and none can be started; the text names what to install.
    """
    if not shutil.which("docker"):
        raise ProvisionError("There is no docker client.", _INSTALL)
    theirs = Docker()
    if theirs.attempt("info").returncode == 0:
        yield theirs
        return
    folder = Path(tempfile.gettempdir()) / f"provision-docker-{os.getuid()}"
    own = OwnDaemon(folder, cache.root() / "test-docker")
    with own.users():
        yield own.client


class OwnDaemon:
    """A daemon that the tests start and end.

    Args:
        folder: The folder of the socket, the log and the mounts; a short path, because sockets have short names.
        data: The folder of the images.
        apart: Whether the daemon has its own network namespace: two daemons in one namespace disturb each other's
            bridge and rules.
    """

    def __init__(self, folder: Path, data: Path, *, apart: bool = False) -> None:
        self.folder = folder
        self.apart = apart
        self.client = Docker(f"unix://{folder / 'docker.sock'}")
        self.data = data

    @contextmanager
    def users(self) -> Iterator[None]:
        """Register as a user of the daemon: the first user starts the daemon, the last one ends it."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / "users").open("w") as users:
            try:
                with self._alone():
                    fcntl.flock(users, fcntl.LOCK_SH)
                    if self.client.attempt("info").returncode != 0:
                        self._start()
                        self._clear()
                yield
            finally:
                with self._alone():
                    if _is_last(users):
                        self._stop()

    def restart(self) -> None:
        """End the daemon and start it again."""
        with self._alone():
            self._stop()
            self._start()

    def _clear(self) -> None:
        """Remove what a killed run left: its containers come up again with the daemon and take the machine's time."""
        for kind, listed in {"container": ("ls", "--all"), "volume": ("ls",)}.items():
            if left := self.client.run(kind, *listed, "--quiet").split():
                self.client.run(kind, "rm", "--force", *left)
        self.client.run("network", "prune", "--force")
        # Images whose names newer ones have taken; younger ones may still save a build its steps.
        self.client.run("image", "prune", "--force", f"--filter=until={_KEEP_HOURS}h")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        if not shutil.which("dockerd") or not shutil.which("iptables"):
            raise ProvisionError("No Docker daemon runs, and none is installed.", _INSTALL)
        if os.geteuid() != 0:
            raise ProvisionError("No Docker daemon runs, and only root may start one.", "Start Docker.")
        # The daemon reports its readiness to systemd, or to a stand-in for it (sd_notify).
        address = str(self.folder / "notify")
        Path(address).unlink(missing_ok=True)
        log = self.folder / "dockerd.log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, log.open("wb") as output:
            notified.bind(address)
            process = subprocess.Popen(
                [
                    *(("unshare", "--net") if self.apart else ()),
                    "dockerd",
                    f"--host={self.client.host}",
                    f"--data-root={self.data}",
                    f"--exec-root={self.folder / 'exec'}",
                    f"--pidfile={self._pid_file}",
                ],
                env={**os.environ, "NOTIFY_SOCKET": address},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            ended = os.pidfd_open(process.pid)
            try:
                ready, _, _ = select.select([notified, ended], [], [], _START_SECONDS)
            finally:
                os.close(ended)
        if notified not in ready:
            process.terminate()
            lines = log.read_text(errors="replace").strip().splitlines()
            raise ProvisionError(
                f"The Docker daemon did not start: {lines[-1] if lines else 'no reason given'}"
            )

    @property
    def _pid_file(self) -> Path:
        return self.folder / "docker.pid"

    def _stop(self) -> None:
        try:
            pid = int(self._pid_file.read_text())
            process = os.pidfd_open(pid)
        except (OSError, ValueError):
            return  # the daemon has ended by itself
        try:
            signal.pidfd_send_signal(process, signal.SIGTERM)
            select.select([process], [], [], _START_SECONDS)
        finally:
            os.close(process)


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main() -> int:
    """Run a command with a daemon."""
    try:
        with running() as docker:
            return subprocess.run(
                sys.argv[1:], env={**os.environ, **docker.environment}, check=False
            ).returncode
    except ProvisionError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
