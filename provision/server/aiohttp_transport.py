"""An aiohttp transport for the HTTP client that the verifiers' library expects.

The parser of aiohttp is compiled and halves the processor time of a request, such as the introspection of each token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import httpx2

from provision._lib import loopback

if TYPE_CHECKING:
    import ssl

    from aiohttp.connector import Connection

# An introspection or a key set has a few kilobytes.
ANSWER_BYTES = 1024 * 1024
_NOT_OURS = {b"content-length", b"connection"}


class AnswerTooLongError(httpx2.TransportError):
    """The authorization server's answer is longer than any answer about a token."""


def _to_trusted_listener(request: httpx2.Request) -> str:
    """Return the request's address; over plain HTTP on this machine, the number of the address at which Keycloak listens.

    The request holds the client's secret and the caller's token, and the answer says who may come in.
    """
    url = request.url
    if url.scheme != "http":
        return str(url)
    try:
        address = loopback.trusted_address(url.host, url.port or 80)
    except loopback.ForeignListenerError as error:
        raise httpx2.ConnectError(error.what, request=request) from error
    return str(url.copy_with(host=address))


class _CheckedRequest(aiohttp.ClientRequest):
    """A request that is sent only to a program that may get it: who listened a moment ago may have made room."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Look at the connection itself, then send.

        Raises:
            aiohttp.ServerDisconnectedError: A program of another user accepted the connection.
            TimeoutError: Nobody accepted it in time.
        """
        transport = conn.transport
        if transport is not None and self.url.scheme == "http":
            try:
                await loopback.refuse_foreign_end_async(transport.get_extra_info("socket"))
            except loopback.ForeignListenerError as error:
                conn.close()
                raise aiohttp.ServerDisconnectedError(str(error)) from error
            except BaseException:  # also the end of the request's time
                conn.close()
                raise
        return await super().send(conn)


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """A transport of `httpx2.AsyncClient` that reads each answer whole, up to a limit.

    Of the answer only status and content are handed on. A content encoding, which nobody asked for, is not undone: a small
    answer cannot grow.

    Args:
        tls: The context that verifies https; None if only http is spoken.
        connections: The maximal number of connections.
        idle_seconds: How long an unused connection is kept.
    """

    def __init__(self, tls: ssl.SSLContext | None, *, connections: int, idle_seconds: float) -> None:
        self._tls = tls
        self._connections = connections
        self._idle_seconds = idle_seconds
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and read the whole answer.

        Raises:
            httpx2.TransportError: No answer came, or none in time, or another user of this machine would get the request.
        """
        url = _to_trusted_listener(request)
        headers = [
            (name.decode("ascii"), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.lower() not in _NOT_OURS
        ]
        timeout = request.extensions.get("timeout", {})
        limits = aiohttp.ClientTimeout(sock_connect=timeout.get("connect"), total=timeout.get("read"))
        try:
            async with self._open_session().request(
                request.method,
                url,
                data=await request.aread() or None,
                headers=headers,
                allow_redirects=False,
                timeout=limits,
            ) as answer:
                content = await _content(answer, request)
        except aiohttp.ConnectionTimeoutError as error:
            raise httpx2.ConnectTimeout("no connection in time", request=request) from error
        except TimeoutError as error:
            raise httpx2.ReadTimeout("no answer in time", request=request) from error
        except aiohttp.ClientConnectorError as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        except (
            aiohttp.ServerDisconnectedError,
            aiohttp.ClientPayloadError,
            aiohttp.ClientResponseError,
        ) as error:
            raise httpx2.RemoteProtocolError(str(error), request=request) from error
        except aiohttp.ClientError as error:
            raise httpx2.ReadError(str(error), request=request) from error
        return httpx2.Response(answer.status, content=content, request=request)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:  # the session belongs to the event loop of the first request
            connector = aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=self._idle_seconds, ssl=self._tls or True
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                request_class=_CheckedRequest,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            )
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _content(answer: aiohttp.ClientResponse, request: httpx2.Request) -> bytes:
    declared = answer.content_length
    if declared is not None and declared <= ANSWER_BYTES:
        return await answer.read()
    content = bytearray()
    async for part in answer.content.iter_any():
        content += part
        if len(content) > ANSWER_BYTES:
            answer.close()
            raise AnswerTooLongError("the answer is too long", request=request)
    return bytes(content)
