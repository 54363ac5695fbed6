"""Tests that start processes, with no Keycloak: our own programs, and programs that ours start."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from provision.runtimes.process.ports import pick_free
from tests.support import server_process

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROVISION = Path(sys.executable).with_name("provision")
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class CommandLine:
    """``provision`` in a folder, with data of its own there.

    Args:
        folder: The folder.
        command: What every call begins with.
    """

    folder: Path
    command: tuple[str, ...] = ()

    def __call__(
        self, *arguments: str, cwd: Path | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Args:
            arguments: The rest of the line.
            cwd: The folder to run it in, if another.
            stdin: What it reads.
        """
        return subprocess.run(
            [_PROVISION, *self.command, *arguments],
            cwd=cwd or self.folder,
            env={**os.environ, "PROVISION_DATA_DIR": str(self.folder / "data"), "NO_COLOR": "1"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


@pytest.fixture
def authorization() -> Iterator[server_process.Authorization]:
    authorization = server_process.Authorization()
    yield authorization
    authorization.down()
    authorization.may_answer.set()


@pytest.fixture
def document(tmp_path: Path, authorization: server_process.Authorization) -> dict[str, Any]:
    secret = tmp_path / "secret"
    secret.write_text(server_process.SECRET)
    secret.chmod(0o400)
    port = pick_free()
    return {
        "name": "demo",
        "port": port,
        "url": f"http://localhost:{port}/mcp",
        "issuer": server_process.ISSUER,
        "verifier": "introspection",
        "introspection_url": f"http://127.0.0.1:{authorization.port}/introspect",
        "introspection_client_id": f"http://localhost:{port}/mcp",
        "introspection_client_secret_file": str(secret),
        "cache_seconds": 0,
        "shutdown_seconds": 0.5,
    }
