"""The outermost layer: health, metrics, malformed credentials, the size of a request, correlation ids.

Every refusal of an inner layer gets its body here (:mod:`provision.server.challenge`), and its line in the audit trail.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.server import challenge
from provision.server.audit import begin_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from provision.server.audit import AuditTrail, RequestRecord
    from provision.server.metrics import Metrics

# RFC 6750 section 2.1; one token on one header line.
_CREDENTIALS = re.compile(rb"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)
_SPACE = re.compile(rb"[ \t]")
_MAX_TOKEN = 16 * 1024
_READY_SECONDS = 30.0
_NOT_READY_SECONDS = 0.5
_RETRY_AFTER = (b"retry-after", b"2")


class Edge:
    """The outermost layer around an application.

    Args:
        app: The application with authorization inside.
        path: The only path whose credentials are checked; None for every path.
        resource_metadata: URL of the protected resource metadata, for challenges.
        max_request_bytes: The longest body of a request, in bytes.
        audit: The audit trail for refusals.
        metrics: The counters; None if metrics are off.
        trouble: Returns why tokens cannot be checked now, or None if they can.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        path: str | None,
        resource_metadata: str,
        max_request_bytes: int,
        audit: AuditTrail,
        metrics: Metrics | None,
        trouble: Callable[[], Awaitable[str | None]],
    ) -> None:
        self._app = app
        self._path = path
        self._challenge = challenge.malformed(resource_metadata)
        self._most = max_request_bytes
        self._audit = audit
        self._metrics = metrics
        self._readiness = _Readiness(trouble)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a health check, or pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
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
        record = begin_request()
        reply = _Reply(send, record)
        try:
            headers = self._headers(scope)
            if _declared(scope) > self._most:
                await reply.refuse_as_too_large()
            elif headers is None:
                record.reason = "malformed_authorization_header"
                await reply.refuse(400, [(challenge.HEADER, self._challenge)])
            else:
                limited = _limited(receive, self._most, reply)
                await self._app({**scope, "headers": headers}, limited, reply.send)
        except asyncio.CancelledError:
            # The process is ending, and the time for current requests is over.
            record.reason = "shutting_down"
            if reply.status is not None:
                self._audit.refusal(record, status=reply.status, duration_ms=record.elapsed_ms())
                raise
            await reply.refuse(503, [_RETRY_AFTER])
        except Exception as error:  # noqa: BLE001 - the client has had its 500; further out it would be logged with its text
            self._audit.error(record, error)
        if reply.status == 400:  # noqa: PLR2004
            record.reason = record.reason or "malformed_request"
        if reply.refused or record.reason is not None:
            self._audit.refusal(record, status=reply.status or 500, duration_ms=record.elapsed_ms())

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]] | None:
        """Return the headers, with bearer credentials on the checked path only; None if these are malformed."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        if not given or self._path not in {None, scope["path"]}:
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
    status: int | None = None
    refused: bool = False

    async def send(self, message: Message) -> None:
        if self.refused:
            return
        if message["type"] != "http.response.start":
            await self._send(message)
            return
        status = message["status"]
        if status in challenge.BODIES and status != 400:  # noqa: PLR2004 - below this layer, 400 is a JSON-RPC answer
            await self.refuse(status, message["headers"])
            return
        self.status = status
        headers = [*message["headers"], (b"x-correlation-id", self._record.correlation_id.encode())]
        await self._send({**message, "headers": headers})

    async def refuse(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status, self.refused = status, True
        challenged = any(name == challenge.HEADER for name, _ in headers)
        error, description = challenge.BODIES[status]
        if status == 403 and not challenged:  # noqa: PLR2004
            error, description = challenge.FORBIDDEN_ORIGIN
        self._record.reason = self._record.reason or challenge.REASONS.get(status)
        if self._record.reason == "shutting_down":
            error, description = challenge.SHUTTING_DOWN
        if error == "forbidden_origin":
            self._record.reason = "foreign_origin"
        body = {
            "error": error,
            "error_description": description,
            "correlation_id": self._record.correlation_id,
        }
        kept = [(name, value) for name, value in headers if name not in {b"content-length", b"content-type"}]
        await _answer(
            self._send, status, body, [*kept, (b"x-correlation-id", self._record.correlation_id.encode())]
        )

    async def refuse_as_too_large(self) -> None:
        self._record.reason = "request_too_large"
        # The rest of the body is still arriving: only closing the connection avoids reading it.
        await self.refuse(413, [(b"connection", b"close")])


def _declared(scope: Scope) -> int:
    """Return the declared length of the request, in bytes; the server below has checked that it is a number."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


def _limited(receive: Receive, most: int, reply: _Reply) -> Receive:
    """Return a channel that receives a body up to a limit; beyond it the request is refused and the client seems gone."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        if size > most:
            return {"type": "http.disconnect"}
        message = await receive()
        size += len(message.get("body", b""))
        if size <= most:
            return message
        if reply.status is None:
            await reply.refuse_as_too_large()
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
