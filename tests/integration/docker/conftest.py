"""A Docker daemon, a tiny image, and plain ``pulumi`` with the stand-in plugin."""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import docker_plugin
from tests.support.plain_pulumi import Pulumi
from tests.support.requirements import BUSYBOX, need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.docker_daemon import Docker

SECRET = "of-the-test-only"


@pytest.fixture(scope="session")
def image(docker: Docker) -> Iterator[str]:
    """An image of a static busybox (Debian's busybox-static) and nothing else; its id."""
    need("A static busybox")
    name = f"stand-in-{secrets.token_hex(4)}:1"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for command in ("sh", "sleep", "cat", "stat", "id", "echo", "true", "nc", "touch", "test"):
            link = tarfile.TarInfo(f"bin/{command}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    subprocess.run(
        ["docker", "import", "-", name],
        env={**os.environ, **docker.environment},
        input=archive.getvalue(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    yield name
    docker.run("image", "rm", "--force", name)


class DockerStack(Pulumi):
    """A YAML program whose objects carry a name of their own."""

    def __init__(self, folder: Path, docker: Docker):
        super().__init__(folder)
        self.docker = docker
        self.name = f"stand-in-{secrets.token_hex(4)}"
        self.variables["PATH"] = os.pathsep.join(
            [str(Path(docker_plugin.__file__).parent), self.variables["PATH"]]
        )
        self.variables |= docker.environment
        self.declare()
        self("stack", "init", "dev")
        self("config", "set", "--secret", "token", SECRET)

    def declare(
        self, **resources: tuple[str, dict[str, Any]] | tuple[str, dict[str, Any], dict[str, Any]]
    ) -> None:
        """Write the program: type, properties and options by name."""
        declared = {
            name: {"type": f"docker:{kind}", "properties": properties, "options": dict(*options)}
            for name, (kind, properties, *options) in resources.items()
        }
        secret = {"token": {"type": "string", "secret": True}}
        program = {"name": "stand-in", "runtime": "yaml", "config": secret, "resources": declared}
        self.program(json.dumps(program))

    def up(self, *arguments: str, code: int = 0) -> str:
        return self("up", "--yes", "--skip-preview", *arguments, code=code)

    def state(self) -> str:
        """The state file as it lies on the disk."""
        return (self.folder / "state/.pulumi/stacks/stand-in/dev.json").read_text()

    def outputs_of(self, name: str) -> dict[str, Any]:
        """The stored outputs of a resource."""
        resources = json.loads(self("stack", "export"))["deployment"]["resources"]
        return next(item["outputs"] for item in resources if item["urn"].endswith(f"::{name}"))

    def inspect(self, name: str = "") -> dict[str, Any]:
        """What the daemon shows of the container."""
        return json.loads(self.docker.run("inspect", name or self.name))[0]


@pytest.fixture
def stack(tmp_path: Path, docker: Docker) -> Iterator[DockerStack]:
    """An empty stack; what a test leaves is destroyed."""
    made = DockerStack(tmp_path, docker)
    yield made
    made("destroy", "--yes", "--skip-preview")
