"""The shell in the README: ``eval "$(provision env)"``, then plain ``pulumi`` on the project's stacks."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from provision._lib.progress import Silent
from provision.engine.pulumi_cli import find_or_install
from tests.support.plain_pulumi import python_language_host
from tests.support.stack_cli import PROVISION

if TYPE_CHECKING:
    from tests.support.stack_cli import StackCli


class PulumiShell:
    """A shell in the folder above a copy of ``stacks/``.

    Args:
        stack: The copy, and the environment.
    """

    def __init__(self, stack: StackCli) -> None:
        self.stack = stack
        environment = stack.folder / ".venv"  # where Pulumi.yaml expects it
        if not environment.exists():
            environment.symlink_to(sys.prefix)
        host = python_language_host(find_or_install(Silent()))
        self._variables = {**stack.variables, "PATH": os.pathsep.join([stack.variables["PATH"], str(host)])}

    def run(self, script: str, code: int | None = 0) -> str:
        """Run a script to its end and return its output; fail the test unless the exit code is ``code`` (None: any)."""
        done = subprocess.run(
            self._line(script),
            cwd=self.stack.folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.stack.patience,
            check=False,
        )
        assert code is None or done.returncode == code, f"{script} → {done.returncode}\n{done.stdout}"
        return done.stdout

    def pulumi(self, *arguments: str, code: int | None = 0) -> str:
        """Run a ``pulumi`` command to its end and return its output."""
        return self.run(self.command(*arguments), code)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a ``pulumi`` command and leave it running; both its streams go to its standard output."""
        return subprocess.Popen(
            self._line("exec " + self.command(*arguments)),
            cwd=self.stack.folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def command(self, *arguments: str) -> str:
        """Return the line for the shell."""
        name = self.stack.stack
        words = arguments if "init" in arguments else (*arguments, "--stack", name)
        return shlex.join(["pulumi", "-C", self.stack.project.name, "--non-interactive", *words])

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs from plain Pulumi, secrets in clear."""
        line = self.command("stack", "output", "--json", "--show-secrets")
        return dict(json.loads(self.run(f"{line} 2>/dev/null")))

    def _line(self, script: str) -> list[str]:
        provision = shlex.join([str(PROVISION), "-C", str(self.stack.project)])
        return ["bash", "-ec", f'variables=$({provision} env)\neval "$variables"\n{script}']
