"""The readiness of a Keycloak: it has issued a token, which happens seconds after the port opens."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provision._lib import loopback
from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from pathlib import Path

BOOTSTRAPPED = b"Bootstrap completed in"
ASK_ANYWAY_SECONDS = 2.0  # in case a log setting hides the line above


@dataclass
class Readiness:
    """A readiness check that asks for a token once the log shows that Keycloak is bootstrapped.

    Args:
        log: Keycloak's log, written from the start of this process.
        port: The HTTP port on the loopback interface.
        client_id: The admin service account's client id.
        client_secret: The admin service account's secret.
    """

    log: Path
    port: int
    client_id: str
    client_secret: str = field(repr=False)
    _read: int = 0
    _seen: bool = False
    _asked: float = field(default_factory=time.monotonic)

    def __call__(self) -> bool:
        """Return whether Keycloak issues tokens.

        Raises:
            ProvisionError: Keycloak answers and refuses the account.
        """
        now = time.monotonic()
        if not self._bootstrapped() and now - self._asked < ASK_ANYWAY_SECONDS:
            return False
        self._asked = now
        return fetch_token(self.port, self.client_id, self.client_secret) is not None

    def _bootstrapped(self) -> bool:
        if self._seen:
            return True
        try:
            size = self.log.stat().st_size
            if size <= self._read:
                return False
            with self.log.open("rb") as file:
                file.seek(max(0, self._read - len(BOOTSTRAPPED)))
                self._seen = BOOTSTRAPPED in file.read()
        except FileNotFoundError:
            return False
        self._read = size
        return self._seen


def answers(port: int) -> bool:
    """Return whether Keycloak on a port shows its master realm; it is asked without a secret.

    Args:
        port: The HTTP port on the loopback interface.

    Raises:
        ForeignListenerError: A program of another user listens on the port.
    """
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(loopback.ADDRESS, port, timeout=30)
    try:
        connection.connect()
        loopback.refuse_foreign_end(connection.sock)
        connection.request("GET", "/realms/master")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def fetch_token(port: int, client_id: str, client_secret: str) -> str | None:
    """Return an admin token of the master realm, or None while Keycloak is not up.

    Raises:
        ProvisionError: Keycloak refuses the account, or a program of another user is on the port.
    """
    # The standard library's client is used, since better clients take 100 ms to import while the user waits.
    import base64
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import quote_plus

    account = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    headers = {
        "Authorization": "Basic " + base64.b64encode(account.encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = HTTPConnection(loopback.ADDRESS, port, timeout=30)
    loopback.trusted_address(loopback.ADDRESS, port)
    try:
        connection.connect()
        loopback.refuse_foreign_end(connection.sock)
        connection.request(
            "POST", "/realms/master/protocol/openid-connect/token", "grant_type=client_credentials", headers
        )
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    if answer.status in {400, 401}:
        raise ProvisionError(
            f"Keycloak on port {port} refuses the admin service account {client_id}.",
            "It was set up with another secret; set that one, or remove its data and start anew.",
        )
    return str(json.loads(body)["access_token"]) if answer.status == 200 else None  # noqa: PLR2004
