"""A gateway in front of the MCP server, through which a test makes the server wrong in one way."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOT_PASSED_ON = {"connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"}


@dataclass
class Exchange:
    """A request, and later the answer to it; hooks change it in place."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    let_in: bool = False
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""

    @property
    def token(self) -> str | None:
        """The bearer token."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else None


class Front:
    """The gateway; it passes everything on until a test changes its ways.

    Args:
        behind: The server's port.
        port: Its own port, which the server's public URL names.
        good_token: Returns a token that the server accepts.
    """

    def __init__(self, behind: int, port: int, good_token: Callable[[], str]) -> None:
        self._behind = behind
        self._good_token = good_token
        self._before: Callable[[Exchange], None] = _as_it_is
        self._after: Callable[[Exchange], None] = _as_it_is
        self._http = httpx.Client(trust_env=False, timeout=10)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        threading.Thread(target=self._server.serve_forever, name="front", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._http.close()

    @contextmanager
    def changing(self, answers: Callable[[Exchange], None]) -> Iterator[None]:
        """Change answers on their way to the client."""
        self._after = answers
        try:
            yield
        finally:
            self._after = _as_it_is

    @contextmanager
    def letting_in(self, whom: Callable[[Exchange], bool]) -> Iterator[None]:
        """Give those requests a good token, as a server does that does not check what is wrong with them."""

        def swap(exchange: Exchange) -> None:
            if exchange.path.startswith("/mcp") and whom(exchange):
                exchange.headers["authorization"] = f"Bearer {self._good_token()}"
                exchange.let_in = True

        self._before = swap
        try:
            yield
        finally:
            self._before = _as_it_is

    def pass_on(self, exchange: Exchange) -> None:
        """Ask the server."""
        self._before(exchange)
        url = f"http://127.0.0.1:{self._behind}{exchange.path}"
        response = self._http.request(exchange.method, url, headers=exchange.headers, content=exchange.body)
        exchange.status = response.status_code
        exchange.answer_headers = {
            name: value for name, value in response.headers.items() if name not in _NOT_PASSED_ON
        }
        exchange.answer = response.content
        self._after(exchange)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _any(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.pop("content-length", 0)))
                exchange = Exchange(self.command, self.path, headers, body)
                front.pass_on(exchange)
                self.send_response_only(exchange.status)
                for name, value in exchange.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(exchange.answer)))
                self.end_headers()
                self.wfile.write(exchange.answer)

            do_GET = do_POST = do_DELETE = _any  # noqa: N815 - the standard library's names

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _as_it_is(exchange: Exchange) -> None:
    del exchange
