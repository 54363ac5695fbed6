"""Keycloak's Admin API (https://www.keycloak.org/docs-api/latest/rest-api/); no other module calls it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from provision._lib import data_folder
from provision._lib.errors import AlreadyExistsError, NotRunningError, OutcomeUnknownError
from provision._lib.hints import hint
from provision._lib.urls import host, is_loopback
from provision.keycloak.api.transport import (
    READ_SECONDS,
    FaultError,
    KeycloakError,
    LoginRefusedError,
    Request,
    Transport,
    address,
)
from provision.keycloak.builtin import default_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import Response

    from provision.keycloak.connection import Connection

__all__ = ["ForbiddenError", "KeycloakError", "LoginRefusedError", "OutcomeUnknownError", "Session", "load"]

PAGE_SIZE: Final = 100
_SLOW_SECONDS: Final = 120
"""The time limit for what is made, and for the removal of a whole realm: a slow machine takes a minute to make a key or to
delete all users, and what was made without an answer is of unknown outcome.
"""
_DATABASE_FAILED: Final = "Database operation failed"
"""Keycloak's message, with status 400, for a transaction that its database gave up, such as one of two at a time."""

_REALM_LEVEL = {"client-policies", "default-default-client-scopes", "default-groups"} | {
    "default-optional-client-scopes",
    "localization",
    "partialImport",
}
_SECRET_KEY = re.compile(
    r"(secret|secret.?data|password|passphrase|credential|private.?key|api.?key|token)s?$|^value$",
    re.IGNORECASE,
)
_NAMES = ("clientId", "username", "realm", "name", "alias")
_LONGEST_MESSAGE = 500
_FREE_SPACE = "Free some space, then run the command again."
_UNAVAILABLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


class AbsentError(KeycloakError, NotRunningError):
    """The error for an address of this machine at which nothing listens."""


class ForbiddenError(KeycloakError):
    """The error for a call for which the service account lacks a role."""


def load() -> None:
    """Import the library, which takes a fifth of a second, while the program waits for something else."""
    import keycloak  # noqa: F401 - kept in memory for the sessions to come


class Session:
    """The Admin API of one Keycloak, as one service account; safe to use from many threads.

    Calls that fail temporarily are tried again for about 30 seconds, a POST only if Keycloak cannot have acted on it.

    Args:
        connection: The address of Keycloak and the service account.
        sleep: The function that waits between two tries.

    Raises:
        KeycloakError: The CA bundle is missing or holds no certificate.
    """

    def __init__(self, connection: Connection, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._connection = connection
        self._transport = Transport(connection, sleep)
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._realms: dict[str, Mapping[str, Any]] = {}
        self._changes: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Keycloak's base address."""
        return self._connection.url

    def get(self, realm: str, *path: str, **query: str) -> Any:
        """Return the document at ``/admin/realms/{realm}/{path…}``, or None if there is none."""
        request = Request("get", _address(realm, path), query)
        return self._answer(request, f"read {_name(realm, path)}", missing=True)

    def list(self, realm: str, *path: str, **query: str) -> Iterator[Any]:
        """Yield the items of a collection, page by page; nothing if the collection does not exist.

        A collection without pages comes whole. Objects that are made or removed meanwhile shift the pages: list all
        objects (``[*session.list(…)]``) before you change the collection.
        """
        first, before = 0, None
        while True:
            page = self.get(realm, *path, **query, first=str(first), max=str(PAGE_SIZE)) or []
            if not isinstance(page, list):
                raise self._not_keycloak(f"list {_name(realm, path)}")
            if page == before:  # the collection has no pages, and just as many items as a page
                return
            yield from page
            if len(page) != PAGE_SIZE:
                return
            first, before = first + PAGE_SIZE, page

    def post(self, realm: str, *path: str, body: Any) -> str:
        """Create an object at a path and return its id from the ``Location`` header (empty if there is none).

        Raises:
            AlreadyExistsError: An object of that name exists already.
            OutcomeUnknownError: It is unknown whether the object was created.
            KeycloakError: Keycloak refused the object.
        """
        return self._post(realm, path, body)[0].rsplit("/", 1)[-1]

    def post_for(self, realm: str, *path: str, body: Any) -> Any:
        """Create an object and return the description that the answer holds; raises the errors of ``post``."""
        return self._post(realm, path, body)[1]

    def _post(self, realm: str, path: tuple[str, ...], body: Any) -> tuple[str, Any]:
        """Return the new object's address and the answer's content."""
        request = Request(
            "post",
            _address(realm, path),
            {},
            json.dumps(body, ensure_ascii=not isinstance(body, str)),  # Keycloak only unquotes a bare text
            _SLOW_SECONDS,
        )
        doing = f"create {_name(realm, path)}"
        try:
            response = self._send(request, doing, body)
        finally:
            if not realm:
                # With a token older than the realm, Keycloak may return no more than the realm's name
                # (https://github.com/keycloak/keycloak/issues/26301; 26.7 returns the whole realm).
                self._transport.drop_token()
        if _has_failed(response):
            raise self._unknown(
                doing, f"{self._said(response, body)} ({_call(request, body, response)}){self._disk()}"
            )
        content = self._checked(request, response, doing, body)
        return response.headers.get("Location", ""), content

    def put(self, realm: str, *path: str, body: Any) -> None:
        """Replace the document at a path. Writes to one realm run in sequence: otherwise Keycloak answers 409."""
        # Before it answers, Keycloak makes keys of another size, which takes half a minute on a busy machine.
        request = Request("put", _address(realm, path), {}, json.dumps(body), _SLOW_SECONDS)
        self._answer(request, f"change {_name(realm, path)}", body)

    def delete(self, realm: str, *path: str, body: Any = None) -> None:
        """Remove the object at a path; do nothing if there is none.

        Args:
            realm: The realm.
            path: The object's path, or the path of the holder of the objects in ``body``.
            body: The objects to remove, in calls that need a list of them (role mappings, composites).
        """
        data = "" if body is None else json.dumps(body)
        read_seconds = READ_SECONDS if path else _SLOW_SECONDS
        request = Request("delete", _address(realm, path), {}, data, read_seconds)
        self._answer(request, f"delete {_name(realm, path)}", body, missing=True)

    def export(self, realm: str, *, whole: bool = True) -> Any:
        """Return the whole realm beside its users (``partial-export``), secrets masked, or None if there is no realm.

        Args:
            realm: The realm.
            whole: Whether the answer has the clients, groups and roles too; a realm may have many.
        """
        query = {"exportClients": str(whole).lower(), "exportGroupsAndRoles": str(whole).lower()}
        path = _address(realm, ("partial-export",))
        request = Request("post", path, query, read_seconds=_SLOW_SECONDS, only_reads=True)
        return self._answer(request, f"read the whole {_name(realm, ())}", missing=True)

    def server_info(self) -> Any:
        """Return the abilities of the server (``/admin/serverinfo``), as far as this service account may see them."""
        return self._answer(Request("get", "admin/serverinfo", {}), "read the server's info", missing=True)

    def public(self, realm: str, *path: str) -> Any:
        """Return a public document of a realm, such as ``.well-known``, ``openid-configuration``, or None."""
        return self._answer(
            Request("get", address("realms", realm, *path), {}, authorized=False),
            f"read {_name(realm, path)}",
            missing=True,
        )

    def changes(self, realm: str) -> int:
        """Return a number that grows whenever this session changes something in the realm: before the call and after it."""
        return self._changes[realm]

    def realm_id(self, realm: str) -> str | None:
        """Return the realm's internal id, which components name as their parent (not always its name), or None."""
        found = self._constants(realm)
        if found is None:
            return None
        if not isinstance(found["id"], str):
            raise self._not_keycloak(f"read {_name(realm, ())}")
        return found["id"]

    def default_role(self, realm: str) -> str:
        """Return the name of the role that every user of the realm has, which stays when the realm gets another name.

        To an account without the role ``view-realm`` Keycloak does not tell it: then it is the name that it has at first.
        """
        found = (self._constants(realm) or {}).get("defaultRole") or {}
        return str(found.get("name") or default_role(realm))

    def forget_realm(self, realm: str) -> None:
        """Forget what is kept of a realm that was made anew or removed."""
        self._realms.pop(realm, None)

    def _constants(self, realm: str) -> Mapping[str, Any] | None:
        """Return the properties of a realm that never change, or None if there is no such realm."""
        if realm not in self._realms:
            found = self.get(realm)
            if found is None:
                return None
            if not isinstance(found, dict):
                raise self._not_keycloak(f"read {_name(realm, ())}")
            self._realms[realm] = {name: found.get(name) for name in ("id", "defaultRole")}
        return self._realms[realm]

    def _answer(self, request: Request, doing: str, body: Any = None, *, missing: bool = False) -> Any:
        response = self._send(request, doing, body)
        if missing and response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return self._checked(request, response, doing, body)

    def _send(self, request: Request, doing: str, body: Any) -> Response:
        self._note_change(request)
        try:
            return self._transport.call(request, self._guard(request))
        except FaultError as fault:
            if request.verb == "post" and fault.sent and not request.only_reads:
                raise self._unknown(doing, f"{fault.why} ({_call(request, body)})") from fault
            raise self._no_answer(fault, f"it would {doing} ({_call(request, body)})") from fault
        finally:
            self._note_change(request)

    def _note_change(self, request: Request) -> None:
        if not request.only_reads:
            with self._lock:
                self._changes[_realm_and_path(request)[0]] += 1

    def _no_answer(self, fault: FaultError, doing: str) -> KeycloakError:
        disk = "" if fault.refused else self._disk()
        what = f"Keycloak at {self.url} does not answer: {fault.why}; {doing}{disk}."
        here = is_loopback(host(self.url))
        if fault.refused and here:
            return AbsentError(
                what,
                f"Check that it runs and that the address is right; {hint('up')} starts one that belongs to the stack.",
            )
        if fault.refused or (fault.silent and not here):
            return KeycloakError(
                what, "Check that it runs, and that the address and the way to it are right."
            )
        return KeycloakError(what, _FREE_SPACE if disk else _can_not_work())

    def _disk(self) -> str:
        """Return the words for a full disk if Keycloak's data may be on it, or an empty text.

        A Keycloak on a full disk has many answers, such as "Cannot parse the JSON", but no answer names the disk.
        """
        if is_loopback(host(self.url)) and data_folder.is_full():
            return f"; {data_folder.NO_SPACE} in {data_folder.user_data_dir()}"
        return ""

    def _guard(self, request: Request) -> threading.Lock | None:
        """Return the realm's lock if the call has to be the only write to the realm."""
        realm, path = _realm_and_path(request)
        alone = request.verb == "put" or not path or path.partition("/")[0] in _REALM_LEVEL
        if request.only_reads or request.path == "admin/realms" or not alone:
            return None
        with self._lock:
            return self._locks.setdefault(realm, threading.Lock())

    def _checked(self, request: Request, response: Response, doing: str, body: Any) -> Any:
        """Return the answer's content, or raise an error if Keycloak refused."""
        status = response.status_code
        call = _call(request, body, response)
        if status < HTTPStatus.BAD_REQUEST:
            try:
                return response.json() if response.content.strip() else None
            except ValueError as error:
                raise self._not_keycloak(f"{doing} ({call})", "in JSON") from error
        said = self._said(response, body)
        if status in _UNAVAILABLE:
            disk = self._disk()
            raise KeycloakError(
                f"Keycloak at {self.url} does not answer: {said}; it would {doing} ({call}){disk}.",
                _FREE_SPACE if disk else _can_not_work(),
            )
        what = f"Keycloak would not {doing}: {said} ({call})"
        if status == HTTPStatus.CONFLICT:
            raise AlreadyExistsError(what)
        if status == HTTPStatus.FORBIDDEN:
            raise ForbiddenError(
                what, f"Give the service account {self._connection.client_id!r} the role that this needs."
            )
        if status != HTTPStatus.NOT_FOUND and (disk := self._disk()):
            raise KeycloakError(what + disk, _FREE_SPACE)
        raise KeycloakError(what)

    def _not_keycloak(self, doing: str, how: str = "as it does") -> KeycloakError:
        return KeycloakError(
            f"Keycloak at {self.url} did not answer {how} when it should {doing}.",
            "Check that the address is Keycloak's base address, with its path if it has one.",
        )

    def _unknown(self, doing: str, why: str) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"It is not known whether Keycloak did {doing}: {why}",
            "Look whether it is there, or run it again.",
        )

    def _said(self, response: Response, body: Any) -> str:
        """Return Keycloak's own message, without the secrets that the request held."""
        said = _message(response)
        for secret in sorted({self._connection.client_secret, *_secrets(body)} - {""}, key=len, reverse=True):
            # A short secret is removed as a whole word only: otherwise letters of other words would go.
            edges = ("", "") if len(secret) > 3 else (r"(?<!\w)", r"(?!\w)")  # noqa: PLR2004
            said = re.sub(re.escape(secret).join(edges), "[secret]", said)
        said = " ".join(said.split())
        return said if len(said) <= _LONGEST_MESSAGE else f"{said[:_LONGEST_MESSAGE]}…"


def _has_failed(response: Response) -> bool:
    """Return whether Keycloak failed at a call rather than refusing it, so that another try may work."""
    status = response.status_code
    failed = status == HTTPStatus.BAD_REQUEST and _DATABASE_FAILED in _message(response)
    return failed or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _can_not_work() -> str:
    return f"It is there but can't work: look into its log ({hint('logs', 'keycloak')}), or start it anew."


def _address(realm: str, path: tuple[str, ...]) -> str:
    """Return the path of an object of a realm, of the realm, or, without both, of all realms."""
    return address("admin/realms", *((realm, *path) if realm or path else ()))


def _realm_and_path(request: Request) -> tuple[str, str]:
    """Return the realm of a call as it is in the address, and the path below it."""
    realm, _, path = request.path.removeprefix("admin/realms/").partition("/")
    return unquote(realm), path


def _name(realm: str, path: tuple[str, ...]) -> str:
    where = "/".join(path)
    return f"{where} in realm {realm}" if realm and where else f"realm {realm}" if realm else "the realm"


def _call(request: Request, body: Any, response: Response | None = None) -> str:
    """Return the call as it went over the wire, the name of the object sent, and the status."""
    names = [body[key] for key in _NAMES if body.get(key)] if isinstance(body, dict) else []
    parts = [f"{request.verb.upper()} /{request.path}"]
    parts += [f"of {names[0]!r}"] if names else []
    parts += [f"HTTP {response.status_code}"] if response is not None else []
    return ", ".join(parts)


def _message(response: Response) -> str:
    """Return Keycloak's own message for a refusal."""
    try:
        body = response.json()
    except ValueError:
        body = None
    return "; ".join(_words(body)) or response.reason or "no reason given"


def _words(body: Any) -> Iterator[str]:
    """Yield each reason: a single one, or one per field in ``errors`` (UserProfileResource, ErrorRepresentation)."""
    if not isinstance(body, dict):
        return
    if isinstance(body.get("errors"), list):
        for error in body["errors"]:
            yield from _words(error)
        return
    words = [body[key] for key in ("errorMessage", "error_description", "error") if body.get(key)]
    if words:
        yield f"{body['field']}: {words[0]}" if body.get("field") else str(words[0])


def _secrets(body: Any, *, within: bool = False) -> Iterator[str]:
    """Yield every value under a key that looks like the key of a secret."""
    if isinstance(body, dict):
        for key, value in body.items():
            # A credential's type is a word such as "password".
            yield from _secrets(value, within=key != "type" and (within or bool(_SECRET_KEY.search(key))))
    elif isinstance(body, (tuple, list)):
        for value in body:
            yield from _secrets(value, within=within)
    elif within and isinstance(body, (str, int)) and str(body).lower() not in {"true", "false"}:
        yield str(body)
