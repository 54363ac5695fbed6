"""The look of `up` at a server of the user's own: does it ask for a token?"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from provision.cli.open_server import status_without_token, warnings
from provision.config.stack_config import read


@pytest.fixture
def listening():
    """Start a server that answers each POST with a status; return its URL and the requests' credentials."""
    started = []

    def start(status):
        seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append(self.headers.get("Authorization"))
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                """Keep quiet."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}/mcp", seen

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def _warnings(at, **server):
    config = read({"server": {"name": "weather", **server}}, source="f")
    outputs = SimpleNamespace(servers=[SimpleNamespace(name="weather", url=at)])
    return [*warnings(outputs, config)]


@pytest.mark.parametrize("status", [200, 400, 405])
def test_a_server_that_asks_for_no_token_is_named_in_one_line(listening, status):
    url, seen = listening(status)
    (line,) = _warnings(url, command=["python"])
    assert line.startswith(
        f"weather answers a request without a token with HTTP {status}, not 401: put it behind provision.server.serve"
    )
    assert seen == [None]


def test_a_server_that_asks_for_a_token_is_not_mentioned(listening):
    url, seen = listening(401)
    assert _warnings(url, command=["python"]) == []
    assert seen == [None]


def test_the_reference_server_and_servers_elsewhere_are_not_asked(listening):
    url, seen = listening(200)
    assert _warnings(url) == []
    assert _warnings(url, url="https://mcp.example.org/mcp") == []
    assert seen == []


def test_no_answer_is_no_warning():
    assert status_without_token("http://127.0.0.1:1/mcp") is None
    assert _warnings("http://127.0.0.1:1/mcp", command=["python"]) == []
