"""A second reference server for a stack, with other settings."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from provision.runtimes.process import ports
from tests.support.stack_cli import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stack_cli import StackCli

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class ReferenceServer:
    """A running server.

    Args:
        url: The address of the endpoint; the resource, and so the audience of tokens, is the stack's own server.
        pid: The process id.
    """

    url: str
    pid: int


@contextmanager
def reference_server(
    stack: StackCli, name: str, *, module: str = "provision.server", **changes: object
) -> Iterator[ReferenceServer]:
    """Start a server beside the stack's own; it ends with the context.

    Args:
        stack: A stack that is up.
        name: The name of the server's files.
        module: The module to run.
        changes: Settings that differ from the stack's own server.
    """
    port, file = ports.pick_free(), stack.folder / f"{name}.json"
    settings = json.loads(next(stack.data.rglob("settings.json")).read_text())
    settings |= {"port": port, "audit_file": str(stack.folder / f"{name}.log"), **changes}
    file.write_text(json.dumps(settings))
    line = [sys.executable, "-m", module, "--settings", str(file)]
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "serves" in (said := process.stderr.readline()), (
                said
            )  # it listens, and accepts clients soon
            httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=_PATIENCE_SECONDS).raise_for_status()
            yield ReferenceServer(f"http://localhost:{port}/mcp", process.pid)
        finally:
            process.terminate()
