"""A proxy in front of a protected MCP server that adds the access token, which the conformance suite cannot send."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

# Of one connection, not of the message (RFC 9110 section 7.6.1).
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}
_PATIENCE_SECONDS = 30


class BearerProxy:
    """Passes everything on as it comes, ``Host`` and ``Origin`` too, with a bearer token added; streams stay streams.

    Args:
        server_url: The MCP endpoint behind it.
        token: The access token.
    """

    def __init__(self, server_url: str, token: str) -> None:
        behind = urlsplit(server_url)
        handler = type("_Handler", (_Handler,), {"behind": behind.netloc, "token": token})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}{behind.path}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    behind: str
    token: str

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        headers["Authorization"] = f"Bearer {self.token}"
        server = http.client.HTTPConnection(self.behind, timeout=_PATIENCE_SECONDS)
        try:
            server.request(self.command, self.path, body, headers)
            self._answer(server.getresponse())
        except ConnectionError:  # the suite has hung up on a stream that it is done with
            self.close_connection = True
        finally:
            server.close()

    def _answer(self, response: http.client.HTTPResponse) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        if response.length is not None:
            self.send_header("Content-Length", str(response.length))
            self.end_headers()
            self.wfile.write(response.read())
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := response.read1():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815 - the standard library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""
