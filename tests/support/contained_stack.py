"""A stack in containers: pulumi-docker's plugin, or its stand-in where it is not installed, and a real daemon."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from typing import TYPE_CHECKING, Any

from provision.runtimes.docker.containers import FILES_LABEL, LABEL
from provision.runtimes.docker.daemon import PLUGIN
from tests.support import base_images
from tests.support.stack_cli import ROOT, StackCli

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.docker_daemon import Docker

_STAND_IN = ROOT / "tests" / "support" / "docker_plugin"
_FILE = """\
config:
  provision:profile: test
  provision:runtime: docker
  provision:docker: {{baseImages: {{keycloak: "{keycloak}", python: "{python}"}}}}
  provision:realm: {{name: mcp-test}}
"""
_BUILD_SECONDS = 900


def uses_stand_in() -> bool:
    """Whether Pulumi's own plugin is not on PATH."""
    return shutil.which(PLUGIN) is None


class ContainedStack(StackCli):
    """A copy of the throw-away stack that runs in containers, under a name of its own.

    Args:
        docker: The daemon.
        folder: An empty folder.
        more: Further lines of the stack file.
        bases: The base images; left out, the official ones or those that are made in their place.
    """

    def __init__(
        self, docker: Docker, folder: Path, more: str = "", bases: Mapping[str, str] | None = None
    ) -> None:
        path = os.environ["PATH"]
        super().__init__(
            folder,
            stack=f"test-{secrets.token_hex(3)}",
            environment={
                **docker.environment,
                "PATH": f"{_STAND_IN}{os.pathsep}{path}" if uses_stand_in() else path,
            },
            patience=_BUILD_SECONDS,
        )
        self.docker = docker
        self._bases = bases or {
            "keycloak": base_images.keycloak(docker),
            "python": base_images.python(docker),
        }
        self.write(more)

    @property
    def full_name(self) -> str:
        """What the names of its containers begin with, and the value of its label."""
        return f"provision-{self.stack}"

    def write(self, more: str = "") -> None:
        """Write the stack file, with further lines at its end."""
        (self.project / "Pulumi.test.yaml").write_text(_FILE.format(**self._bases) + more)

    def of_it(self, *command: str) -> list[str]:
        """What Docker lists of it, such as ``ps --all`` or ``volume ls``."""
        return self.docker.run(*command, "--quiet", f"--filter=label={LABEL}={self.full_name}").split()

    def containers(self) -> dict[str, dict[str, Any]]:
        """What ``docker inspect`` shows of its containers, by their names in the stack."""
        ids = self.of_it("ps", "--all")
        found = json.loads(self.docker.run("inspect", *ids)) if ids else []
        return {item["Name"].removeprefix(f"/{self.full_name}-"): item for item in found}

    def running(self) -> set[str]:
        """The names of those that run; the others took their files."""
        return {name for name, item in self.containers().items() if FILES_LABEL in item["Config"]["Labels"]}
