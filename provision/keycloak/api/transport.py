"""One call to Keycloak over HTTP: the connections, the service account's token, and the rules for another try."""

from __future__ import annotations

import math
import random
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provision._lib import ca_bundle, loopback
from provision._lib.errors import ProvisionError
from provision._lib.urls import segment

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from requests import Response

    from provision.keycloak.connection import Connection

READ_SECONDS: Final = 30
PATIENCE_SECONDS: Final = 30
"""The time limit of one call with all its tries."""
FIRST_CONTACT_SECONDS: Final = 5
"""The time limit for a server that never answered, so that a wrong address is reported soon."""
_FEW: Final = 4
"""The number of tries on an answer that may be a lasting defect or a passing failure."""
_LONGEST_PAUSE: Final = 5.0
TOKEN_SECONDS: Final = 8
"""The time limit of a token request, which is Keycloak's fastest call, so that a command reports a Keycloak that hangs within ten seconds."""
_REMEMBERED_SECONDS: Final = 15.0
"""How long a login that failed answers for all other calls, so that they do not wait for the same server one by one."""
_LIFETIME_USED: Final = 0.9
"""The share of a token's lifetime after which the token is renewed."""

_DENIED = HTTPStatus.UNAUTHORIZED
_UNAVAILABLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_NO_REALM = "Realm does not exist"
"""Keycloak's message for a realm that does not exist."""


class KeycloakError(ProvisionError):
    """The error for a call that Keycloak refused; the text holds Keycloak's own message."""


class LoginRefusedError(KeycloakError):
    """The error for a service account that Keycloak does not let in."""


class FaultError(Exception):
    """The error for a call without an answer.

    Args:
        why: The failure, in a few words.
        sent: Whether the request may have reached Keycloak.
        refused: Whether nothing listens at the address.
        silent: Whether something listens at the address, but gives no answer.
        retry_after: The seconds that the server asked to wait.
    """

    def __init__(
        self,
        why: str,
        *,
        sent: bool,
        retry_after: float | None = None,
        refused: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent
        self.silent = silent
        self.refused = refused
        self.retry_after = retry_after


def address(root: str, *names: str) -> str:
    """Return a path below a root of Keycloak, each name as one segment; no other function builds a path.

    Args:
        root: The beginning, such as ``admin/realms``.
        names: The names and ids, as they are; none may be empty.

    Raises:
        KeycloakError: A path can't carry a name: the request would reach another object.
    """
    try:
        return "/".join((root, *(quote(segment(name), safe="") for name in names)))
    except ValueError as error:
        where = "/".join((root, *names))
        raise KeycloakError(
            f"Keycloak can't be asked for {where!r}: a name in it {error}.",
            "Give the object another name, in the admin console if it exists already.",
        ) from None


@dataclass(frozen=True)
class Request:
    """A request to Keycloak.

    Args:
        verb: ``get``, ``post``, ``put`` or ``delete``.
        path: The path below the base address.
        query: The query parameters.
        body: The JSON text of the body.
        read_seconds: The seconds that the answer may take.
        authorized: Whether the service account's token goes with the request.
        only_reads: Whether the request changes nothing: every ``get``, and an export, which is a ``post``.
    """

    verb: str
    path: str
    query: dict[str, str]
    body: str = ""
    read_seconds: float = READ_SECONDS
    authorized: bool = True
    only_reads: bool = False

    def __post_init__(self) -> None:
        """Mark every ``get`` as a request that changes nothing."""
        if self.verb == "get":
            object.__setattr__(self, "only_reads", True)


class Transport:
    """One pool of connections and one token, shared by all threads.

    Args:
        connection: The address of Keycloak and the service account.
        sleep: The function that waits between two tries.

    Raises:
        KeycloakError: The CA bundle is missing or holds no certificate.
    """

    def __init__(self, connection: Connection, sleep: Callable[[float], object]) -> None:
        from provision.keycloak.api.connection_pool import Pool

        self._connection = connection
        self._token_path = address("realms", connection.auth_realm, "protocol", "openid-connect", "token")
        self._sleep = sleep
        self._pool = Pool(f"{connection.url}/", _checked(connection.ca_file) if connection.ca_file else None)
        self._lock = threading.Lock()
        self._token = ""
        self._expires = 0.0
        self._reached = False
        self._absent_until = 0.0
        self._logins = 0
        self._failed_login: FaultError | None = None
        self._failed_until = 0.0

    def call(self, request: Request, guard: AbstractContextManager[Any] | None = None) -> Response:
        """Return the answer, with any status, after every try that is safe and useful.

        Args:
            request: The request. A POST is sent again only if Keycloak cannot have acted on it.
            guard: A lock that is held during each try, but not between two tries.

        Raises:
            FaultError: There is no answer.
            KeycloakError: No try can succeed: login refused, certificate not trusted, or call redirected.
        """
        spent, tries, stale = 0.0, 0, ""
        while True:
            tries += 1
            with guard or nullcontext():
                began = time.monotonic()
                used, outcome = self._try(request)
                spent += time.monotonic() - began
            if used and not stale and not isinstance(outcome, FaultError) and outcome.status_code == _DENIED:
                stale = used  # the token was revoked, or the signing key or the server is a new one
                self.drop_token(stale)
                continue
            pause = self._pause(request, outcome, tries)
            patience = PATIENCE_SECONDS if self._reached else FIRST_CONTACT_SECONDS
            if time.monotonic() < self._absent_until:
                patience = 0  # a call waited for the server a moment ago
            if pause is None or spent + pause > patience:
                if isinstance(outcome, FaultError):
                    if outcome.refused:
                        self._absent_until = time.monotonic() + FIRST_CONTACT_SECONDS
                    elif outcome is self._failed_login:
                        self._failed_until = time.monotonic() + _REMEMBERED_SECONDS
                    raise outcome
                return outcome
            self._sleep(pause)
            spent += pause

    def drop_token(self, stale: str = "") -> None:
        """Make the next call use a new token, unless another token than ``stale`` is in use by now."""
        with self._lock:
            if not stale or self._token == stale:
                self._token = ""

    def _try(self, request: Request) -> tuple[str, Response | FaultError]:
        """Try once; return the token that was used, and the answer or the fault."""
        token = ""
        try:
            token = self._fresh_token() if request.authorized else ""
            return token, self._send(request, token)
        except FaultError as fault:
            return token, fault

    def _send(self, request: Request, token: str) -> Response:
        from keycloak.exceptions import KeycloakConnectionError

        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        arguments = {} if request.verb == "get" else {"data": request.body}
        self._pool.prepare(headers, request.read_seconds)
        try:
            answer: Response = getattr(self._pool, f"raw_{request.verb}")(
                request.path, **arguments, **request.query
            )
        except KeycloakConnectionError as error:
            raise self._explained(error.__cause__ or error) from error
        self._reached = True
        return answer

    def _fresh_token(self) -> str:
        seen = self._logins
        if not self._lock.acquire(timeout=PATIENCE_SECONDS):
            raise FaultError("no token in time", sent=False)
        try:
            if self._token and time.monotonic() < self._expires:
                return self._token
            if self._failed_login is not None and (
                seen != self._logins or time.monotonic() < self._failed_until
            ):
                raise self._failed_login  # of another call, while this one waited
            return self._log_in()
        finally:
            self._lock.release()

    def _log_in(self) -> str:
        began = time.monotonic()
        self._logins += 1
        try:
            answer = self._new_token()
        except FaultError as fault:
            self._failed_login = fault
            raise
        self._failed_login = None
        self._reached = True
        self._token = answer["access_token"]
        self._expires = began + _LIFETIME_USED * _seconds(answer.get("expires_in"))
        return self._token

    def _new_token(self) -> dict[str, Any]:
        """Return a token of the client credentials grant (RFC 6749 section 4.4)."""
        from keycloak.exceptions import KeycloakConnectionError

        form = {
            "grant_type": "client_credentials",
            "client_id": self._connection.client_id,
            "client_secret": self._connection.client_secret,
        }
        self._pool.prepare({}, TOKEN_SECONDS)
        try:
            response = self._pool.raw_post(self._token_path, form)
        except KeycloakConnectionError as error:
            fault = self._explained(error.__cause__ or error)
            fault.sent = False  # nothing of the call that needs the token was sent
            raise fault from error
        status = response.status_code
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise FaultError(f"no token (HTTP {status})", sent=False, retry_after=_retry_after(response))
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            raise LoginRefusedError(
                f"Keycloak at {self._connection.url} refused the service account {self._connection.client_id!r}"
                f" of realm {self._connection.auth_realm!r} (HTTP {status}).",
                "Check its client id, its secret, and that it is in this realm.",
            )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if status == HTTPStatus.NOT_FOUND and isinstance(answer, dict) and answer.get("error") == _NO_REALM:
            raise KeycloakError(
                f"Keycloak at {self._connection.url} has no realm {self._connection.auth_realm!r},"
                f" in which the service account {self._connection.client_id!r} should be.",
                "Check the realm's name; capital letters count.",
            )
        if not isinstance(answer, dict) or not _is_token(answer.get("access_token")):
            raise KeycloakError(
                f"Keycloak at {self._connection.url} gave no token (HTTP {status}).",
                "Check that the address is Keycloak's base address, with its path if it has one.",
            )
        return answer

    def _pause(self, request: Request, outcome: Response | FaultError, tries: int) -> float | None:
        """Return the seconds until the next try, or None if there is no next try."""
        repeatable = request.verb != "post" or request.only_reads
        if isinstance(outcome, FaultError):
            again, asked = repeatable or not outcome.sent, outcome.retry_after
        else:
            status, asked = outcome.status_code, _retry_after(outcome)
            # With 409 on a PUT, Keycloak also reports that another write came in between (optimistic locking).
            overtaken = status == HTTPStatus.CONFLICT and request.verb == "put"
            doubtful = overtaken or status == HTTPStatus.INTERNAL_SERVER_ERROR
            again = (
                status == HTTPStatus.TOO_MANY_REQUESTS
                or (repeatable and status in _UNAVAILABLE)
                or (repeatable and doubtful and tries < _FEW)
            )
        if not again:
            return None
        backoff = min(_LONGEST_PAUSE, 0.2 * 2.0 ** (tries - 1)) * random.uniform(0.5, 1)  # noqa: S311 - no secret
        return backoff if asked is None else asked + 0.1 * backoff

    def _explained(self, cause: BaseException) -> FaultError:
        """Return the fault that an exception of the library means for the call.

        Raises:
            KeycloakError: Another try would end the same way.
        """
        from requests import exceptions as http
        from urllib3.exceptions import MaxRetryError, NewConnectionError

        if isinstance(cause, loopback.ForeignListenerError):
            raise KeycloakError(cause.what, cause.do) from cause
        if isinstance(cause, http.TooManyRedirects):
            raise KeycloakError(
                f"Keycloak at {self._connection.url} redirects to another address.",
                "Give the address it redirects to.",
            ) from cause
        if isinstance(cause, http.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
            raise self._distrust(str(cause)) from cause
        if isinstance(cause, ValueError):
            raise KeycloakError(
                f"{self._connection.url} is not an address that can be called: {cause}"
            ) from cause
        if isinstance(cause, http.ConnectTimeout):
            return FaultError("no connection in time", sent=False, silent=True)
        reason = cause.args[0] if cause.args else None
        if isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError):
            return FaultError("no connection", sent=False, refused=True)
        if isinstance(cause, http.Timeout):
            return FaultError("no answer in time", sent=True, silent=True)
        return FaultError("the connection broke", sent=True)

    def _distrust(self, reason: str) -> KeycloakError:
        certificate = f"The certificate of Keycloak at {self._connection.url}"
        if "mismatch" in reason:
            return KeycloakError(f"{certificate} is for another name.", "Use the name that it holds.")
        if "expired" in reason:
            return KeycloakError(f"{certificate} has expired.", "Renew it.")
        return KeycloakError(
            f"{certificate} is not signed by an authority that is trusted here.",
            "Give the PEM bundle of the authority that signed it (`caFile`).",
        )


def _checked(ca_file: str) -> str:
    try:
        return ca_bundle.checked(ca_file)
    except ProvisionError as error:
        raise KeycloakError(error.what, error.do) from error


def _is_token(value: Any) -> bool:
    """Return whether a value can be sent as a bearer token (RFC 6750 section 2.1)."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and bool(value.strip())


def _seconds(value: Any) -> float:
    """Return a token's lifetime (RFC 6749 section 5.1); 0 for anything but a number, so that the token is used once."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _retry_after(response: Response) -> float | None:
    """Return the seconds that the server asks to wait, from a number or a date (RFC 9110 section 10.2.3), or None."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(tz=UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
