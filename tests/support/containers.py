"""Containers made in the stack's way, for tests of the images alone."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.runtimes.docker import health

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.docker_daemon import Docker

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
_HEALTHY_SECONDS = 90


@dataclass(frozen=True)
class Container:
    """A container of a test.

    Args:
        docker: The daemon.
        name: The container's name.
    """

    docker: Docker
    name: str

    def start(self) -> float:
        """Start the container and wait until it is healthy; return the seconds that this took."""
        began = time.time()
        self.docker.run("start", self.name)
        events = subprocess.Popen(
            [
                *("docker", "events", f"--since={began:.3f}", f"--until={began + _HEALTHY_SECONDS:.0f}"),
                *(f"--filter=container={self.name}", "--filter=event=health_status", "--filter=event=die"),
                "--format={{.Status}}",
            ],
            env=self.docker.full_environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        with events:
            for line in events.stdout or ():
                if line.strip() == "health_status: healthy":
                    events.terminate()
                    return time.time() - began
                if line.startswith("die"):
                    break
            events.terminate()
        raise AssertionError(f"{self.name} is not healthy: {self.docker.attempt('logs', self.name)}")

    def inspect(self) -> dict[str, Any]:
        """Return Docker's whole description of the container."""
        return json.loads(self.docker.run("inspect", self.name))[0]

    def inside(self, *command: str) -> str:
        """Run a command in the container."""
        return self.docker.run("exec", self.name, *command)


@contextmanager
def created(docker: Docker, *arguments: str, volumes: Mapping[str, str]) -> Iterator[Container]:
    """Create a container without starting it.

    Args:
        docker: The daemon.
        arguments: The arguments of ``docker create``: options, the image and its command.
        volumes: Names of volumes by their place in the container, which may end in ``:ro``; removed with the container.
    """
    container = Container(docker, f"test-{uuid.uuid4().hex[:12]}")
    mounts = [f"--volume={volume}:{place}" for place, volume in volumes.items()]
    try:
        docker.run("create", f"--name={container.name}", *mounts, *arguments)
        yield container
    finally:
        docker.attempt("rm", "--force", container.name)
        docker.attempt("volume", "rm", *volumes.values())


def upload(docker: Docker, image: str, volume: str, owner: int, files: Mapping[str, str]) -> None:
    """Put files of mode 0400 into a volume, through a container that is never started, like the stack.

    Args:
        docker: The daemon.
        image: Any image.
        volume: The volume's name.
        owner: The user who may read the files.
        files: The contents by absolute paths, all in one folder.
    """
    folder = next(iter(files)).rpartition("/")[0]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode, entry.uid, entry.gid = len(content.encode()), 0o400, owner, owner
            tar.addfile(entry, io.BytesIO(content.encode()))
    # Made by hand: created() would remove the volume with the container.
    name = f"test-files-{uuid.uuid4().hex[:12]}"
    docker.run("create", f"--name={name}", f"--volume={volume}:{folder}", image)
    try:
        command = ["docker", "cp", "-", f"{name}:/"]
        environment = docker.full_environment
        subprocess.run(command, input=archive.getvalue(), env=environment, check=True, capture_output=True)
    finally:
        docker.run("rm", name)


def volume_name() -> str:
    """Return a name for a volume of a test."""
    return f"test-{uuid.uuid4().hex[:12]}"


def health_options(command: tuple[str, ...]) -> list[str]:
    """Return the options for a health check; they run the command although ``docker create`` takes a line for a shell."""
    import shlex

    return [
        f"--health-cmd=exec {shlex.join(command[1:])}",
        f"--health-interval={health.INTERVAL}",
        f"--health-timeout={health.TIMEOUT}",
    ]
