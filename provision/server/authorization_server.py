"""The connection to the authorization server: one shared pool that reports whether a usable answer came."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic_core import from_json
from starlette.authentication import AuthenticationError

from provision.server.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
_CONNECTIONS = 64
_IDLE_SECONDS = 30.0


class AuthorizationServerError(AuthenticationError):
    """The authorization server cannot be asked now, so no caller can be let in or refused for good.

    Args:
        reason: The reason, for the audit trail.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyRefusalsError(AuthenticationError):
    """A caller's tokens were refused so often that the next one is not looked at yet.

    Args:
        seconds: How long the caller has to wait.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("too_many_refusals")
        self.reason = "too_many_refusals"
        self.seconds = seconds


@dataclass(slots=True)
class Answer:
    """The answer behind a token's verification; the library's verifiers return only yes or no.

    Args:
        trouble: Why there was no usable answer.
        status: The answer's HTTP status; None if no answer came.
        document: The JSON object in the answer.
    """

    trouble: str | None = None
    status: int | None = None
    document: dict[str, Any] | None = None


_answer: ContextVar[Answer | None] = ContextVar("provision_answer", default=None)


@contextmanager
def watching() -> Iterator[Answer]:
    """Collect the answers of the block in an `Answer`."""
    answer = Answer()
    token = _answer.set(answer)
    try:
        yield answer
    finally:
        _answer.reset(token)


class WatchedTransport(httpx2.AsyncBaseTransport):
    """A transport that notes in the caller's `Answer` whether the authorization server answered with a JSON object.

    Args:
        transport: The transport that does the work.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, and again if a kept connection turns out to be closed."""
        answer = _answer.get() or Answer()
        try:
            response = await self._send(request)
        except Exception as error:
            answer.trouble = f"authorization_server_unreachable:{type(error).__name__}"
            raise
        answer.status = response.status_code
        if response.status_code != httpx2.codes.OK:
            answer.trouble = f"authorization_server_status:{response.status_code}"
            return response
        try:
            # Refuses what is too deep, and numbers that JSON does not have.
            document = from_json(response.content, allow_inf_nan=False)
        except ValueError:
            document = None
        if isinstance(document, dict):
            answer.document = document
            response.json = lambda **_: document  # type: ignore[method-assign]  # the verifier need not parse it again
        else:
            answer.trouble = "authorization_server_answer:not_a_json_object"
        return response

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await self._send_once(request)
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError):
            return await self._send_once(request)

    async def _send_once(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._transport.handle_async_request(request)
        await response.aread()
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def http_transport(url: str, ca_file: Path | None = None) -> httpx2.AsyncBaseTransport:
    """Return a transport for one endpoint; it never uses a proxy of the environment, which would see the secret.

    Args:
        url: The endpoint. Only an https endpoint reads the trusted certificates, which costs start-up time.
        ca_file: The bundle with the trusted authorities; None for the system's trust store.

    Raises:
        SettingsError: The bundle can't be used.
    """
    from provision.server.aiohttp_transport import AiohttpTransport

    tls = _trusting(ca_file) if url.startswith("https:") else None
    return AiohttpTransport(tls, connections=_CONNECTIONS, idle_seconds=_IDLE_SECONDS)


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # an SSLError is one
        reason = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise SettingsError([f"authorization_server_ca_file: {ca_file}: {reason}"]) from None


def http_client(transport: httpx2.AsyncBaseTransport) -> httpx2.AsyncClient:
    """Return the client that a verifier shares between its requests.

    Args:
        transport: The transport to watch and use.
    """
    return _Straight(transport)


class _Straight(httpx2.AsyncClient):
    """A client whose POST goes straight to the transport.

    Introspection needs no redirects, cookies or client authentication, and looking for them takes as long as sending
    the request.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        timeout = httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        super().__init__(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)
        self._straight = transport
        self._extensions = {"timeout": timeout.as_dict()}

    async def post(  # type: ignore[override]  # what the verifiers of the library give
        self, url: str, *, data: dict[str, str], headers: dict[str, str]
    ) -> httpx2.Response:
        request = httpx2.Request("POST", url, data=data, headers=headers, extensions=self._extensions)
        return await self._straight.handle_async_request(request)
