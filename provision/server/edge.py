"""The outermost layer: health, metrics, paths, web pages, malformed credentials, the size of a request, correlation ids.

Every refusal of an inner layer gets its body here (:mod:`provision.server.challenge`), and its line in the audit trail.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provision.server import challenge
from provision.server.audit import begin_request
from provision.server.web_pages import is_preflight, preflight, readable_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from provision.server.audit import AuditTrail, RequestRecord
    from provision.server.metrics import Metrics
    from provision.server.web_pages import WebPages

# RFC 6750 section 2.1; one token on one header line.
_CREDENTIALS = re.compile(rb"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)
_SPACE = re.compile(rb"[ \t]")
_MAX_TOKEN = 16 * 1024
_READY_SECONDS = 30.0
_NOT_READY_SECONDS = 0.5
_RETRY_AFTER = (b"retry-after", b"2")
_CLOSE = (b"connection", b"close")
_CORS = frozenset(
    {b"access-control-allow-origin", b"access-control-allow-credentials", b"access-control-expose-headers"}
)
_UNKNOWN_PATH = "unknown_path"
"""The one reason without an audit line: nobody is known, and there was nothing to be refused."""
_TOLD_BY_THE_APPLICATION = {400: "malformed_request", 403: "forbidden", 404: "not_found"}
"""The statuses that an application explains itself, often by a JSON-RPC error; the audit trail gets these reasons."""
BODY_SECONDS = 30.0
"""How long the body of a request may take to arrive."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """The part of an application that can be reached.

    Args:
        paths: The paths that need a token.
        public: The paths that everybody and every web page may read.
        methods: The methods of the paths that need a token.
        scheme: The scheme of the public URL; a proxy in front may speak another one with this process.
        peers: Whether the address of a connection is the caller's, and not that of a proxy.
    """

    paths: frozenset[str]
    public: frozenset[str]
    methods: tuple[str, ...]
    scheme: str
    peers: bool

    def has(self, scope: Scope) -> bool:
        """Return whether a request is for one of the paths, spelled exactly so: nothing encoded, nothing behind it."""
        path = scope["path"]
        exact = scope.get("raw_path") in {None, path.encode()}
        return exact and (path in self.paths or path in self.public)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of what callers may send.

    Args:
        bytes: The longest body of a request, in bytes.
        requests: The number of requests under way at once.
    """

    bytes: int
    requests: int


class Edge:
    """The outermost layer around an application.

    Args:
        app: The application with authorization inside.
        reached: What can be reached of it.
        pages: The web pages that may call it.
        resource_metadata: URL of the protected resource metadata, for challenges.
        limits: The limits of what callers may send.
        audit: The audit trail for refusals.
        metrics: The counters; None if metrics are off.
        trouble: Returns why tokens cannot be checked now, or None if they can.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        reached: Reached,
        pages: WebPages,
        resource_metadata: str,
        limits: Limits,
        audit: AuditTrail,
        metrics: Metrics | None,
        trouble: Callable[[], Awaitable[str | None]],
    ) -> None:
        self._app = app
        self._reached = reached
        self._pages = pages
        self._challenge = challenge.malformed(resource_metadata)
        self._limits = limits
        self._audit = audit
        self._metrics = metrics
        self._readiness = _Readiness(trouble)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a health check, or pass a request on."""
        if scope["type"] != "http":
            # A WebSocket; none of the checks would look at what comes over it.
            await send({"type": "websocket.close", "code": 1008})
        elif scope["path"] == "/health/live":
            await _answer(send, 200, {"status": "live"})
        elif scope["path"] == "/health/ready":
            trouble = await self._readiness.trouble()
            await _answer(
                send,
                200 if trouble is None else 503,
                {"status": "ready"} if trouble is None else {"status": "not ready", "reason": trouble},
            )
        elif self._metrics is None:
            await self._pass_on(scope, receive, send)
        elif scope["path"] == "/metrics":
            await self._metrics.page(scope, receive, send)
        else:
            with self._metrics.in_flight.track_inprogress():
                await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours, theirs = scope.get("server"), scope.get("client")
        record = begin_request((ours, theirs) if ours and theirs and self._reached.peers else None)
        reply = _Reply(send, record)
        self._under_way += 1
        try:
            if not await self._turned_away(scope, reply):
                await self._look_at(scope, receive, reply)
        except asyncio.CancelledError:
            # The process is ending, and the time for current requests is over.
            record.reason = "shutting_down"
            if reply.status is not None:
                self._audit.refusal(record, status=reply.status, duration_ms=record.elapsed_ms())
                raise
            await reply.refuse(503, [_RETRY_AFTER])
        except Exception as error:  # noqa: BLE001 - the client has had its 500; further out it would be logged with its text
            self._audit.error(record, error)
        finally:
            self._under_way -= 1
        if reply.status in _TOLD_BY_THE_APPLICATION:
            record.reason = record.reason or _TOLD_BY_THE_APPLICATION[reply.status]
        if record.reason not in {None, _UNKNOWN_PATH}:
            self._audit.refusal(record, status=reply.status or 500, duration_ms=record.elapsed_ms())

    async def _turned_away(self, scope: Scope, reply: _Reply) -> bool:
        """Answer a request for another path or server, by a foreign page, or before the request of a page."""
        if not self._reached.has(scope):
            await reply.refuse(404, reason=_UNKNOWN_PATH)
            return True
        host = self._pages.host(scope)
        if host is None:
            await reply.refuse(421)
            return True
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        public = scope["path"] in self._reached.public
        if not public and origins:
            if not self._pages.admits(origins, host):
                await reply.refuse(403, reason="foreign_origin")
                return True
            reply.cors = readable_by(origins[0])
        if not origins or not is_preflight(scope):
            return False
        if public:
            reply.cors = [(b"access-control-allow-origin", b"*")]
        await reply.permit(preflight(scope, ["GET"] if public else self._reached.methods))
        return True

    async def _look_at(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        headers = self._headers(scope)
        if self._under_way > self._limits.requests:
            await reply.refuse(503, [_RETRY_AFTER, _CLOSE])
        elif _declared(scope) > self._limits.bytes:
            # The rest of the body is still arriving: only closing the connection avoids reading it.
            await reply.refuse(413, [_CLOSE])
        elif headers is None:
            await reply.refuse(
                400, [(challenge.HEADER, self._challenge)], reason="malformed_authorization_header"
            )
        else:
            limited = _limited(receive, self._limits.bytes, reply)
            await self._app(
                {**scope, "scheme": self._reached.scheme, "headers": headers}, limited, reply.send
            )

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]] | None:
        """Return the headers, with bearer credentials where a token is needed only; None if these are malformed."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        if not given or scope["path"] in self._reached.public:
            return others
        if len(given) > 1 or len(given[0]) > _MAX_TOKEN:
            return None
        if _SPACE.split(given[0], maxsplit=1)[0].lower() != b"bearer":
            return others
        match = _CREDENTIALS.fullmatch(given[0])
        return None if match is None else [*others, (b"authorization", b"Bearer " + match[1])]


@dataclass(slots=True)
class _Reply:
    """A response with the correlation id added, and with our own body if it is a refusal."""

    _send: Send
    _record: RequestRecord
    cors: list[tuple[bytes, bytes]] = field(default_factory=list)
    status: int | None = None
    refused: bool = False

    async def send(self, message: Message) -> None:
        if self.refused:
            return
        if message["type"] != "http.response.start":
            await self._send(message)
            return
        status, headers = message["status"], message.get("headers", [])
        challenged = any(name == challenge.HEADER for name, _ in headers)
        if status in challenge.BODIES and (challenged or status not in _TOLD_BY_THE_APPLICATION):
            await self.refuse(status, headers)
            return
        self.status = status
        await self._send({**message, "headers": self._with_our_own(headers)})

    async def permit(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer a preflight request."""
        self.status = 200
        headers = self._with_our_own([*headers, (b"content-length", b"0")])
        await self._send({"type": "http.response.start", "status": self.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(
        self, status: int, headers: Iterable[tuple[bytes, bytes]] = (), *, reason: str | None = None
    ) -> None:
        self.status, self.refused = status, True
        told = self._record.reason = self._record.reason or reason or challenge.REASONS.get(status)
        error, description = challenge.BODIES_BY_REASON.get(told or "") or challenge.BODIES[status]
        body = {
            "error": error,
            "error_description": description,
            "correlation_id": self._record.correlation_id,
        }
        kept = [(name, value) for name, value in headers if name not in {b"content-length", b"content-type"}]
        await _answer(self._send, status, body, self._with_our_own(kept))

    def _with_our_own(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return headers with the correlation id and, for a web page, with what the page may read."""
        if self.cors:
            # An application may have an opinion too; a browser takes two of them for none.
            headers = [(name, value) for name, value in headers if name not in _CORS]
        return [*headers, (b"x-correlation-id", self._record.correlation_id.encode()), *self.cors]


def _declared(scope: Scope) -> int:
    """Return the declared length of the request, in bytes; the server below has checked that it is a number."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


def _limited(receive: Receive, most: int, reply: _Reply) -> Receive:
    """Return a channel that receives a body up to a limit of length and time; beyond it the client seems gone."""
    size, whole, refused = 0, False, False
    until = asyncio.get_running_loop().time() + BODY_SECONDS

    async def limited() -> Message:
        nonlocal size, whole, refused
        if refused:
            return {"type": "http.disconnect"}
        if whole:  # an application waits for the client's end
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            return await refuse(408)
        size += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        return message if size <= most else await refuse(413)

    async def refuse(status: int) -> Message:
        nonlocal refused
        refused = True
        if reply.status is None:
            await reply.refuse(status, [_CLOSE])
        return {"type": "http.disconnect"}

    return limited


class _Readiness:
    """A readiness check that asks the authorization server seldom, however often a health check comes."""

    def __init__(self, trouble: Callable[[], Awaitable[str | None]]) -> None:
        self._ask = trouble
        self._known: str | None = "not_asked_yet"
        self._until = 0.0

    async def trouble(self) -> str | None:
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + _NOT_READY_SECONDS
            self._known = await self._ask()
            self._until = time.monotonic() + (_READY_SECONDS if self._known is None else _NOT_READY_SECONDS)
        return self._known


async def _answer(
    send: Send, status: int, body: dict[str, str], headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    content = json.dumps(body).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(content)).encode()),
                (b"cache-control", b"no-store"),
                *(headers or []),
            ],
        }
    )
    await send({"type": "http.response.body", "body": content})
