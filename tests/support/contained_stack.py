"""A stack in containers: pulumi-docker's plugin, or its stand-in if the plugin is not installed, and a real daemon."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from typing import TYPE_CHECKING, Any

import psutil

from provision.runtimes.docker.containers import FILES_LABEL, LABEL
from provision.runtimes.docker.daemon import PLUGIN
from tests.support import base_images
from tests.support.requirements import need
from tests.support.stack_cli import ROOT, StackCli

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.docker_daemon import Docker

_STAND_IN = ROOT / "tests" / "support" / "docker_plugin"
_FILE = """\
config:
  provision:profile: test
  provision:runtime: {runtime}
  provision:docker: {{baseImages: {{keycloak: "{keycloak}", python: "{python}"}}}}
  provision:realm: {{name: mcp-test}}
"""
BUILD_SECONDS = 900


def uses_stand_in() -> bool:
    """Return whether Pulumi's own plugin is missing on PATH."""
    return shutil.which(PLUGIN) is None


class ContainedStack(StackCli):
    """A stack whose project has a name of its own, so that concurrent tests have different containers.

    Args:
        folder: An empty folder, or the folder of another stack of the same project.
        docker: The daemon.
        project: The project's name; a unique one by default.
        stack: The stack's name, ``test`` or ``test-…``.
        runtime: The ``runtime`` in the stack's file.
        more: Further lines of the stack's file.
        bases: The base images; by default the official ones or their replacements.
    """

    def __init__(
        self,
        folder: Path,
        docker: Docker,
        project: str = "",
        *,
        stack: str = "test",
        runtime: str = "docker",
        more: str = "",
        bases: Mapping[str, str] | None = None,
    ) -> None:
        need("debootstrap")
        path = os.environ["PATH"]
        environment = {
            **docker.environment,
            "PATH": f"{_STAND_IN}{os.pathsep}{path}" if uses_stand_in() else path,
        }
        super().__init__(folder, stack=stack, environment=environment, patience=BUILD_SECONDS)
        project = project or f"provision-{secrets.token_hex(3)}"
        self.docker = docker
        self.name = f"{project}-{stack}"
        self._bases = bases or {
            "keycloak": base_images.keycloak(docker),
            "python": base_images.python(docker),
        }
        settings = self.project / "Pulumi.yaml"
        settings.write_text(re.sub(r"\Aname: .*", f"name: {project}", settings.read_text()))
        self.write(more, runtime=runtime)

    def write(self, more: str = "", *, runtime: str = "docker", **bases: str) -> None:
        """Write the stack's file.

        Args:
            more: Further lines.
            runtime: The ``runtime`` in the file.
            bases: The base images ``keycloak`` and ``python``, if not the default ones.
        """
        text = _FILE.format(runtime=runtime, **{**self._bases, **bases})
        (self.project / "Pulumi.test.yaml").write_text(text + more)

    def container(self, name: str) -> str:
        """Return the daemon's name of a container."""
        return f"{self.name}-{name}"

    def of_it(self, *command: str) -> list[str]:
        """Return the lines that Docker lists about the stack, such as ``ps --all`` or ``volume ls``."""
        return self.docker.run(*command, "--quiet", f"--filter=label={LABEL}={self.name}").split()

    def left(self) -> list[str]:
        """Return every object of the stack that the daemon still has."""
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"), ("image", "ls"))
        return [found for kind in kinds for found in self.of_it(*kind)]

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return the output of ``docker inspect`` for the stack's containers, by their names in the stack."""
        ids = self.of_it("ps", "--all")
        found = json.loads(self.docker.run("inspect", *ids)) if ids else []
        return {item["Name"].removeprefix(f"/{self.name}-"): item for item in found}

    def running(self) -> set[str]:
        """Return the names of the running containers; the other containers only received files."""
        return {name for name, item in self.containers().items() if FILES_LABEL in item["Config"]["Labels"]}


def works(stack: ContainedStack) -> bool:
    """Return whether the stack needs no change and its server checks tokens."""
    assert stack.json("preview", "--refresh")["changes"] == []
    return all(proof["ok"] for proof in stack.json("verify", "token", "tools")["proofs"])


def made(stack: ContainedStack, name: str) -> bool:
    """Return whether a container exists."""
    return stack.docker.attempt("inspect", stack.container(name)).returncode == 0


def error_of(stack: ContainedStack, *arguments: str) -> str:
    """Return the short error of a command that fails."""
    error = stack.run(*arguments, code=1).stderr.partition("error: ")[2]
    assert len(error.strip().splitlines()) <= 2, error
    return error


def engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    """Return the engine that a command started."""
    return next(child for child in psutil.Process(process.pid).children() if child.name() == "pulumi")
