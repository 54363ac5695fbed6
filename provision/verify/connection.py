"""The proofs' HTTP: one pool of connections, no proxy of the environment, answers as typed objects."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from provision._lib import loopback
from provision._lib.ca_bundle import checked
from provision.verify.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class _Borrowed(httpx.BaseTransport):
    """A transport that stays open when the client that uses it is closed, and sends nothing to foreign listeners."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if loopback.is_plain(str(request.url)):
            request = _to(loopback.trusted_address(request.url.host, request.url.port or 80), request)
        return self._transport.handle_request(request)


def _to(address: str, request: httpx.Request) -> httpx.Request:
    """Return a request that goes to a numeric address of this machine, with the name still in its Host header."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "trace": _look},
    )


def _look(event: str, details: dict[str, Any]) -> None:
    """Look at a new connection before anything is sent on it (https://www.encode.io/httpcore/extensions/, "trace")."""
    if event == "connection.connect_tcp.complete":
        try:
            loopback.refuse_foreign_end(details["return_value"].get_extra_info("socket"))
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error


class Connections:
    """The connections of one run; safe to use from many threads.

    Args:
        urls: The addresses that will be called. The trusted certificates are read for https only, since that takes time.
        before_each: Called before each request; may raise to end the run.
        ca_files: PEM bundles with authorities trusted in addition to the system's.

    Raises:
        ProvisionError: A bundle is missing or holds no certificate.
    """

    def __init__(
        self, urls: Iterable[str], before_each: Callable[[], None], ca_files: Iterable[str] = ()
    ) -> None:
        secure = any(urlsplit(url).scheme == "https" for url in urls)
        context = ssl.create_default_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for ca_file in ca_files if secure else ():
            context.load_verify_locations(checked(ca_file))
        self._transport = httpx.HTTPTransport(verify=context, trust_env=False)
        self._before_each = before_each

    def client(self) -> httpx.Client:
        """Return a client with a cookie jar of its own, like a freshly opened browser."""
        return httpx.Client(
            transport=_Borrowed(self._transport),
            timeout=_TIMEOUT,
            trust_env=False,
            follow_redirects=False,
            event_hooks={"request": [lambda _: self._before_each()]},
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def json_object(response: httpx.Response, what: str) -> dict[str, Any]:
    """Return the JSON object of an answer with status 200 or 201.

    Args:
        response: The answer.
        what: The answer's name in the failure.

    Raises:
        Failed: The answer is anything else.
    """
    if response.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise Failed(f"{what}: {refusal(response)}")
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Failed(f"{what}: the answer is not a JSON object")
    return document


def refusal(response: httpx.Response) -> str:
    """Return the status and the server's own words, if the answer is an OAuth error (RFC 6749 section 5.2)."""
    document = _error(response)
    words = document.get("error_description") or document.get("error") or ""
    return f"HTTP {response.status_code}" + (f" ({words})" if words else "")


def error_code(response: httpx.Response) -> str:
    """Return the code of an OAuth error (RFC 6749 section 5.2), or an empty text if the answer is no OAuth error."""
    return text(_error(response), "error")


def _error(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def text(document: dict[str, Any], key: str) -> str:
    """Return the string at ``key``, or an empty text if there is none."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def texts(document: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the strings at ``key``; one string counts as a list of one (as in ``aud``, RFC 7519 section 4.1.3)."""
    value = document.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def well_known(url: str, name: str) -> str:
    """Return the path-inserted well-known address (RFC 8414 section 3.1, RFC 9728 section 3.1)."""
    return f"{origin(url)}/.well-known/{name}{urlsplit(url).path}"
