"""HTTP as the proofs use it: one pool of connections, no proxy of the environment, answers as typed objects."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from provision._lib.ca_bundle import checked
from provision.verify.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class _Borrowed(httpx.BaseTransport):
    """A transport that is not closed with the client that uses it."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._transport.handle_request(request)


class Connections:
    """The connections of one run; safe to use from many threads.

    Args:
        urls: The addresses that will be called. Reading the trusted certificates takes time, so only https does.
        before_each: Called before each request; may raise to end the run.
        ca_files: PEM bundles with authorities that are trusted besides the system's.

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
        """A client with a cookie jar of its own, as a browser that was just opened."""
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
    """The JSON object that was answered with status 200 or 201.

    Args:
        response: The answer.
        what: How to name it in the failure.

    Raises:
        Failed: It is something else.
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
    """The status and the server's own words, if they come as an OAuth error (RFC 6749 section 5.2)."""
    document = _error(response)
    words = document.get("error_description") or document.get("error") or ""
    return f"HTTP {response.status_code}" + (f" ({words})" if words else "")


def error_code(response: httpx.Response) -> str:
    """The code of an OAuth error (RFC 6749 section 5.2); empty when there is none."""
    return text(_error(response), "error")


def _error(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def text(document: dict[str, Any], key: str) -> str:
    """The string at ``key``, empty when there is none."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def texts(document: dict[str, Any], key: str) -> tuple[str, ...]:
    """The strings at ``key``; one string counts as a list of one (as in ``aud``, RFC 7519 section 4.1.3)."""
    value = document.get(key)
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def origin(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def well_known(url: str, name: str) -> str:
    """The path-inserted well-known address (RFC 8414 section 3.1, RFC 9728 section 3.1)."""
    return f"{origin(url)}/.well-known/{name}{urlsplit(url).path}"
