"""The only door to Keycloak's Admin API (https://www.keycloak.org/docs-api/latest/rest-api/)."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from provision.errors import AlreadyExistsError, ProvisionError

if TYPE_CHECKING:
    from requests import Response

_TIMEOUT_SECONDS = 30


def load() -> None:
    """Import the library, which takes a fifth of a second, while something else is waited for."""
    import keycloak  # noqa: F401 - kept in memory for the sessions to come


class KeycloakError(ProvisionError):
    """Keycloak refused a call; the text holds Keycloak's own message."""


class Session:
    """One authenticated connection pool, shared by every call on one Keycloak; safe to use from many threads.

    Args:
        url: Keycloak's base address.
        client_id: The service account's client in the master realm.
        client_secret: Its secret.
    """

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        from keycloak import KeycloakOpenIDConnection

        self.url = url
        self._client_id = client_id
        self._connection = KeycloakOpenIDConnection(
            server_url=f"{url}/",
            realm_name="master",
            client_id=client_id,
            client_secret_key=client_secret,
            grant_type="client_credentials",
            timeout=_TIMEOUT_SECONDS,
            pool_maxsize=16,
            verify=url.startswith("https:"),
        )
        self._token_lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._realm_ids: dict[str, str] = {}

    def get(self, realm: str, *path: str, **query: str) -> Any:
        """What stands at ``/admin/realms/{realm}/{path…}``, or None when there is nothing."""
        return self._json(
            self._send("get", _address(realm, path), **query), f"read {_name(realm, path)}", missing=True
        )

    def post(self, realm: str, *path: str, body: Any) -> str:
        """Make something there; the new object's id out of the ``Location`` header (empty when there is none).

        Raises:
            AlreadyExistsError: There is one by that name.
            KeycloakError: Keycloak refused it.
        """
        response = self._send("post", _address(realm, path), data=json.dumps(body))
        self._json(response, f"create {_name(realm, path)}")
        return response.headers.get("Location", "").rsplit("/", 1)[-1]

    def put(self, realm: str, *path: str, body: Any) -> None:
        """Replace what stands there. Writes to one realm go one after the other: Keycloak answers 409 otherwise."""
        with self._realm_lock(realm):
            self._json(
                self._send("put", _address(realm, path), data=json.dumps(body)),
                f"change {_name(realm, path)}",
            )

    def delete(self, realm: str, *path: str) -> None:
        """Remove what stands there; nothing there is fine too."""
        response = self._send("delete", _address(realm, path), data="")
        self._json(response, f"delete {_name(realm, path)}", missing=True)

    def public(self, path: str) -> Any:
        """A public document, such as ``realms/R/.well-known/openid-configuration``; None when it is not there."""
        return self._json(self._send("get", path), f"read {path}", missing=True)

    def realm_id(self, realm: str) -> str | None:
        """The realm's internal id, which components name as their parent (it may differ from the name), or None."""
        if realm not in self._realm_ids:
            found = self.get(realm)
            if found is None:
                return None
            self._realm_ids[realm] = found["id"]
        return self._realm_ids[realm]

    def forget_realm(self, realm: str) -> None:
        """The realm is made anew or gone: its id is no longer true."""
        self._realm_ids.pop(realm, None)

    def _realm_lock(self, realm: str) -> threading.Lock:
        with self._token_lock:
            return self._locks.setdefault(realm, threading.Lock())

    def _send(self, verb: str, path: str, **arguments: Any) -> Response:
        from keycloak.exceptions import KeycloakConnectionError
        from keycloak.exceptions import KeycloakError as LibraryError

        connection = self._connection
        try:
            with self._token_lock:
                if connection.expires_at is None or datetime.now(tz=UTC) >= connection.expires_at:
                    connection.get_token()
            response: Response = getattr(connection, f"raw_{verb}")(path, **arguments)
        except KeycloakConnectionError as error:
            raise KeycloakError(
                f"Keycloak at {self.url} does not answer.", "Start it (`provision up`) or check the address."
            ) from error
        except LibraryError as error:
            raise self._refused_login(error) from error
        return response

    def _refused_login(self, error: Any) -> KeycloakError:
        status = error.response_code
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            return KeycloakError(
                f"Keycloak at {self.url} refused the service account {self._client_id!r} (HTTP {status}).",
                "Check its client id and secret in the provider's configuration.",
            )
        return KeycloakError(f"Keycloak at {self.url} gave no token (HTTP {status}).", "See its log.")

    def _json(self, response: Response, doing: str, *, missing: bool = False) -> Any:
        status = response.status_code
        if missing and status == HTTPStatus.NOT_FOUND:
            return None
        if status < HTTPStatus.BAD_REQUEST:
            return response.json() if response.content and response.text.strip() else None
        said = _message(response)
        if status == HTTPStatus.CONFLICT:
            raise AlreadyExistsError(f"Keycloak would not {doing}: {said}")
        advice = ""
        if status == HTTPStatus.FORBIDDEN:
            advice = f"Give the service account {self._client_id!r} the role that this needs."
        raise KeycloakError(f"Keycloak would not {doing}: {said} (HTTP {status})", advice)


def _address(realm: str, path: tuple[str, ...]) -> str:
    return "/".join(["admin/realms", *(quote(part, safe="") for part in (realm, *path) if part)])


def _name(realm: str, path: tuple[str, ...]) -> str:
    where = "/".join(path)
    return f"{where} in realm {realm}" if realm and where else f"realm {realm}" if realm else "the realm"


def _message(response: Response) -> str:
    """Keycloak's own words for a refusal."""
    try:
        body = response.json()
    except ValueError:
        return response.reason or "no reason given"
    if isinstance(body, dict):
        words = [body[key] for key in ("errorMessage", "error_description", "error") if body.get(key)]
        if words:
            return str(words[0])
    return response.reason or "no reason given"
