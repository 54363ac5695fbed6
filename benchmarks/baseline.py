"""What a user would do instead: a ``start-dev`` Keycloak as shipped, and the tutorial's steps by script."""

from __future__ import annotations

import sys
import time
import urllib.request
from typing import TYPE_CHECKING

from benchmarks.timing import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ADMIN = "bench"
_READY_WITHIN_SECONDS = 180


def until_token(url: str, secret: str, runs: Callable[[], bool]) -> None:
    """Wait until Keycloak gives the admin service account a token.

    Args:
        url: Its base address.
        secret: The account's secret.
        runs: Whether it still runs.
    """
    body = f"grant_type=client_credentials&client_id={ADMIN}&client_secret={secret}".encode()
    until_answer(f"{url}/realms/master/protocol/openid-connect/token", runs, body)


def until_answer(url: str, runs: Callable[[], bool], body: bytes | None = None) -> None:
    """Wait until a request succeeds; ends the benchmark when nothing is there to answer it.

    Args:
        url: What is asked for.
        runs: Whether what answers still runs.
        body: The form to send.
    """
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline and runs():
        try:
            with urllib.request.urlopen(url, body, timeout=30):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the baseline did not start: {url}")


def python_keycloak(url: str, secret_file: Path, *more: str) -> list[str]:
    """The command that makes the realm by a python-keycloak script.

    Args:
        url: Keycloak's base address.
        secret_file: The secret of the admin service account.
        more: Further arguments of the script.
    """
    return [
        sys.executable,
        str(ROOT / "tools/realm_by_script.py"),
        f"--keycloak-url={url}",
        f"--admin-client-id={ADMIN}",
        f"--admin-secret-file={secret_file}",
        "--realm=by-python",
        *more,
    ]
