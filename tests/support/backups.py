"""What tests of backups share: a passphrase in a file, and what must be the same after a restore."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from tests.support.steady_calls import SteadyCalls

if TYPE_CHECKING:
    from pathlib import Path

    from provision.verify.authorization_code import Login

PASSPHRASE = "correct horse battery staple"
PATIENCE_SECONDS = 120


def key_file(folder: Path) -> tuple[str, str]:
    """Return the options that name a file with the passphrase."""
    file = folder / "passphrase-of-the-backup"
    file.write_text(f"{PASSPHRASE}\n")
    file.chmod(0o600)
    return "--passphrase-file", str(file)


def admin_api(status: dict[str, Any]) -> Session:
    """Return the Admin API of a stack, from its outputs with secrets."""
    url, admin = status["issuer"].partition("/realms/")[0], status["admin"]
    return Session(Connection(url=url, client_id=admin["client_id"], client_secret=admin["client_secret"]))


def key_ids(status: dict[str, Any]) -> set[str]:
    """Return the ids of the realm's public keys."""
    keys = httpx.get(f"{status['issuer']}/protocol/openid-connect/certs", timeout=30).json()["keys"]
    return {key["kid"] for key in keys}


def failure_of_call(server: str, token: str) -> str | None:
    """Return why a call of a tool failed, or None; a Keycloak that has just started may be slow, so a 503 is tried again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        calls = SteadyCalls()
        with httpx.Client(timeout=30) as client:
            calls.call(client, server, token)
        failure = next(iter(calls.failures), None)
        if failure is None or ": 503 " not in failure or time.monotonic() > deadline:
            return failure
        time.sleep(0.5)


def login_goes_on(status: dict[str, Any], login: Login) -> Login:
    """Check that a login's access token still calls a tool, and that its refresh token brings another that does.

    Returns:
        The login with its new tokens: Keycloak refuses a refresh token that was used.
    """
    (server,) = (item["url"] for item in status["servers"])
    failure = failure_of_call(server, login.access_token)
    assert failure is None, failure
    renewed = httpx.post(
        f"{status['issuer']}/protocol/openid-connect/token",
        data={
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token,
            "client_id": login.client_id,
        },
        timeout=30,
    )
    assert renewed.status_code == 200, renewed.text
    tokens = renewed.json()
    failure = failure_of_call(server, tokens["access_token"])
    assert failure is None, failure
    return replace(login, access_token=tokens["access_token"], refresh_token=tokens["refresh_token"])
