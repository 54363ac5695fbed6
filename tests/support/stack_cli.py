"""A project folder of a test's own, and the command line run on it like a user would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import warm_commands

if TYPE_CHECKING:
    from provision.verify.target import Target

ROOT = Path(__file__).parents[2]
PROVISION = Path(sys.executable).with_name("provision")
_PATIENCE_SECONDS = 240


@dataclass
class StackCli:
    """``provision -s STACK`` on a copy of the project's stacks, with a data folder of its own.

    Args:
        folder: An empty folder.
        stack: The stack's name.
        environment: Variables in addition to the caller's own.
        patience: The time limit of a command, in seconds.
    """

    folder: Path
    stack: str = "test"
    environment: dict[str, str] = field(default_factory=dict)
    patience: float = _PATIENCE_SECONDS

    def __post_init__(self) -> None:
        if not self.project.exists():
            shutil.copytree(ROOT / "stacks", self.project)

    @property
    def project(self) -> Path:
        """The copy of ``stacks/``."""
        return self.folder / "stacks"

    @property
    def data(self) -> Path:
        """The folder with the state, logs and data of this test."""
        return self.folder / "data"

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of a command."""
        return {**os.environ, "PROVISION_DATA_DIR": str(self.data), "NO_COLOR": "1", **self.environment}

    def run(self, *arguments: str, code: int | None = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end; fail the test unless the exit code is ``code`` (None: any)."""
        line = [str(PROVISION), "-s", self.stack, "-C", str(self.project), *arguments]
        done = warm_commands.run(line, env=self.variables, stdin=stdin, timeout=self.patience)
        assert code is None or done.returncode == code, (
            f"{arguments} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str, code: int | None = 0) -> Any:
        """Return the single document that a ``--json`` command prints."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        line = [str(PROVISION), "-s", self.stack, "-C", str(self.project), *arguments]
        return subprocess.Popen(
            line,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def processes(self) -> dict[str, int | None]:
        """Return the stack's processes by name, with their pids."""
        return {item["name"]: item["pid"] for item in self.json("status", code=None)["processes"]}

    def target(self, server: str | None = None) -> Target:
        """Return the stack, which is up, as a target for the proofs of `provision.verify`.

        Args:
            server: The MCP server, if the stack has several.
        """
        from provision.cli.verify import targets_of
        from provision.config.project import Project
        from provision.stack.outputs import StackOutputs

        shown = self.json("status", "--show-secrets")
        shown["keycloak_url"] = shown["issuer"].partition("/realms/")[0]
        config = Project.at(self.project).stack(self.stack).config()
        outputs = StackOutputs.read(shown, stack=self.stack)
        (target,) = targets_of(outputs, config, server).values()
        return target

    def change_config(self, old: str, new: str) -> None:
        """Replace a text in the stack's file."""
        file = self.project / f"Pulumi.{self.stack}.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def throw_away(self) -> None:
        """End the processes of a stack of processes and remove its data, in a tenth of the time of ``down``."""
        from provision.runtimes.process.status import processes

        for home in self.data.glob("*/stacks/*"):
            for item in processes(home):
                if item.pid:
                    kill(item.pid)
        shutil.rmtree(self.data, ignore_errors=True)

    def clean_up(self) -> None:
        """Stop and remove everything that is left."""
        self.run("down", "--remove", code=None)


def kill(pid: int) -> None:
    """Kill a process of the test's own, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid), f"process {pid} is gone")


def until(condition: Any, what: str, seconds: float = 30) -> None:
    """Wait for an event in another process.

    Raises:
        AssertionError: The event did not happen in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for: {what}")


def alive(pid: int) -> bool:
    """Return whether a process runs; a process that has ended and was not reaped by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
