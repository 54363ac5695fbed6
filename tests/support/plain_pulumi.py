"""The plain ``pulumi`` command, with the language hosts of YAML and Python and a backend of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from provision._lib.progress import Silent
from provision.engine.pulumi_cli import find_or_install
from tests.support.requirements import yaml_language_host

PLUGINS = Path(sys.executable).parent
"""The folder with the provider's plugin."""


def python_language_host(pulumi: Path) -> Path:
    """Return the folder with ``pulumi-language-python``, from an official install or else the stand-in.

    Args:
        pulumi: The Pulumi CLI; an official one has the language host beside it.
    """
    places = os.pathsep.join([os.environ["PATH"], str(pulumi.resolve().parent)])
    official = shutil.which("pulumi-language-python", path=places)
    return Path(official).parent if official else Path(__file__).with_name("python_host")


class Pulumi:
    """The plain command in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        executable = find_or_install(Silent())
        self._command = str(executable)
        hosts = [str(yaml_language_host(Silent())), str(python_language_host(executable))]
        path = [str(executable.parent), str(PLUGINS), *hosts, os.environ["PATH"]]
        self.variables = {
            "PATH": os.pathsep.join(path),
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "of-the-test",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        (folder / "state").mkdir()

    def program(self, text: str) -> None:
        """Write the program."""
        (self.folder / "Pulumi.yaml").write_text(text)

    def __call__(self, *arguments: str, code: int = 0, stdin: str | None = None) -> str:
        done = subprocess.run(
            [self._command, "--non-interactive", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command and leave it running, in a session of its own."""
        return subprocess.Popen(
            [self._command, "--non-interactive", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
