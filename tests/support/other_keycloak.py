"""A Keycloak of another version than the toolkit's own, in its original form, for tests that cover several versions."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from provision._lib import cache
from provision._lib.errors import ProvisionError
from provision._lib.progress import Silent
from provision.runtimes.process import distribution, java, ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VARIABLE = "TEST_KEYCLOAK_VERSION"
_PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class OtherKeycloak:
    """A running Keycloak.

    Args:
        url: The base address.
    """

    url: str


@contextmanager
def running(version: str, home: Path, client_id: str, client_secret: str) -> Iterator[OtherKeycloak]:
    """Start Keycloak in development mode with an admin service account; it stops with the context."""
    runtime = java.find()
    with zipfile.ZipFile(_archive(version, runtime)) as file:
        file.extractall(home)
    script = home / f"keycloak-{version}" / "bin" / "kc.sh"
    script.chmod(0o755)
    port = ports.pick_free()
    environment = {
        **os.environ,
        "JAVA_HOME": str(runtime.home),
        "KC_BOOTSTRAP_ADMIN_CLIENT_ID": client_id,
        "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": client_secret,
    }
    with (home / "keycloak.log").open("wb") as log:
        process = subprocess.Popen(
            [script, "start-dev", f"--http-port={port}", "--cache=local"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _until_it_answers(process, f"http://localhost:{port}")
            yield OtherKeycloak(f"http://localhost:{port}")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _archive(version: str, runtime: java.Java) -> Path:
    def fetch(fresh: Path) -> None:
        if problem := distribution.by_maven(version, fresh, runtime, Silent()):
            raise ProvisionError(f"Keycloak {version} could not be fetched: {problem}.")

    target = cache.root() / "downloads" / f"keycloak-{version}.zip"
    return cache.install(target, fetch, what=f"Keycloak {version}", progress=Silent())


def _until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/realms/master").status_code == HTTPStatus.OK:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"Keycloak did not start; exit code {process.poll()}")
