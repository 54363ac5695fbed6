"""A real HTTP proxy in front of a real server; it spoils the n-th call as networks do."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Literal, Self, get_args
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

Fault = Literal["drop_request", "drop_answer", "truncate_answer", "delay", "duplicate", "status_503"]

_CONNECTION_HEADERS: Final = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_FAULTS: Final = get_args(Fault)


class FaultProxy:
    """A proxy that forwards to ``target_url`` and spoils the chosen calls.

    A call is one request, however many come over one connection. The ``Host`` header is forwarded unchanged, so that the
    server takes the proxy's address for its own.

    Args:
        target_url: The server behind the proxy.
        only: The prefix of a request's path that makes the request count as a call.
        delay_seconds: The delay of a delayed answer.
        listening: Whether the proxy accepts connections at once, or refuses them until the ``with`` is entered.
    """

    def __init__(
        self, target_url: str, *, only: str = "/", delay_seconds: float = 1.0, listening: bool = True
    ) -> None:
        target = urlsplit(target_url)
        self._target = (target.hostname or "127.0.0.1", target.port or 80)
        self._only = only
        self._delay_seconds = delay_seconds
        self._lock = threading.Lock()
        self._faults: dict[int, Fault] = {}
        self._calls: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy._serve(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as the base class looks for them

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()
        self._listening = listening
        if listening:
            self._server.server_activate()
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        if not self._listening:
            self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def calls(self) -> tuple[str, ...]:
        """The calls so far, each as ``VERB /path?query``, including spoiled calls."""
        with self._lock:
            return tuple(self._calls)

    def fault(self, number: int, kind: Fault) -> None:
        """Spoil the call with this number; the next call has the number ``len(proxy.calls) + 1``."""
        if kind not in _FAULTS:
            raise ValueError(f"{kind!r} is not one of {', '.join(_FAULTS)}")
        with self._lock:
            self._faults[number] = kind

    def next(self, kind: Fault) -> None:
        """Spoil the next call."""
        self.fault(len(self.calls) + 1, kind)

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        fault = self._counted(handler)
        if fault == "drop_request":
            return _hang_up(handler)
        if fault == "status_503":
            return _answer(handler, 503, [("Retry-After", "0")], b"")
        status, headers, content = self._forward(handler, body)
        if fault == "duplicate":
            status, headers, content = self._forward(handler, body)
        elif fault == "delay":
            time.sleep(self._delay_seconds)
        elif fault == "drop_answer":
            return _hang_up(handler)
        elif fault == "truncate_answer":
            return _answer(handler, status, headers, content, cut=True)
        return _answer(handler, status, headers, content)

    def _counted(self, handler: BaseHTTPRequestHandler) -> Fault | None:
        if not handler.path.startswith(self._only):
            return None
        with self._lock:
            self._calls.append(f"{handler.command} {handler.path}")
            return self._faults.pop(len(self._calls), None)

    def _forward(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self._target, timeout=150)
        headers = {
            name: value for name, value in handler.headers.items() if name.lower() not in _CONNECTION_HEADERS
        }
        try:
            connection.request(handler.command, handler.path, body, headers)
            response = connection.getresponse()
            kept = [pair for pair in response.getheaders() if pair[0].lower() not in _CONNECTION_HEADERS]
            return response.status, kept, response.read()
        finally:
            connection.close()


def _answer(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: list[tuple[str, str]],
    content: bytes,
    *,
    cut: bool = False,
) -> None:
    """Send an answer, or cut it: half of the content under the full length (or half of the head, without content)."""
    handler.send_response_only(status)
    for name, value in headers:
        handler.send_header(name, value)
    if status != 204:
        handler.send_header("Content-Length", str(len(content)))
    if cut and not content:
        head = b"".join(handler._headers_buffer)  # type: ignore[attr-defined]  # nothing public tells it
        handler._headers_buffer = []  # type: ignore[attr-defined]
        handler.wfile.write(head[:9])  # "HTTP/1.1 ", and no status
        return _hang_up(handler)
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2] if cut else content)
    handler.wfile.flush()
    if cut:
        _hang_up(handler)
    return None


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
