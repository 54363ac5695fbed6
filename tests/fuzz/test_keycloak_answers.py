"""Whatever a server answers, the Admin API's client returns it or raises an error of ours that names the call."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision._lib.errors import ProvisionError
from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from tests.support.damage import ANYTHING

SECRET = "the-secret-of-the-account"
_TOKEN = json.dumps({"access_token": "x", "expires_in": 60}).encode()
_BODIES = st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode())
_STATUS = st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 418, 429, 500, 503])
_HEADERS = st.dictionaries(
    st.sampled_from(["Location", "Retry-After", "Content-Type", "Content-Encoding", "WWW-Authenticate"]),
    st.sampled_from(
        ["", "0", "-1", "nan", "1e400", "gzip", "http://127.0.0.1:9/x", "text/html", "Fri, 31 Feb", "ü"]
    ),
    max_size=2,
)


class _Odd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        odd = self.server.odd_token if self.path.endswith("/token") else self.server.odd_answer
        status, headers, body = odd
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as the base class looks for them

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def keycloak():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


_CALLS = (
    lambda session: session.get("mcp", "clients"),
    lambda session: [*session.list("mcp", "clients")],
    lambda session: session.post("mcp", "clients", body={"clientId": "x", "secret": SECRET}),
    lambda session: session.put("mcp", "clients", "x", body={"password": SECRET}),
    lambda session: session.delete("mcp", "clients", "x"),
    lambda session: session.realm_id("mcp"),
    lambda session: session.server_info(),
    lambda session: session.public("mcp"),
)


def _tried(keycloak, call):
    url = f"http://127.0.0.1:{keycloak.server_port}"
    session = Session(
        Connection(url=url, client_id="account", client_secret=SECRET), sleep=lambda _seconds: None
    )
    assert SECRET not in _refusal(lambda: call(session))


def _refusal(call):
    try:
        call()
    except ProvisionError as error:
        return str(error)
    return ""


@given(call=st.sampled_from(_CALLS), status=_STATUS, headers=_HEADERS, body=_BODIES)
def test_odd_answers(keycloak, call, status, headers, body):
    keycloak.odd_token, keycloak.odd_answer = (
        (200, {}, _TOKEN),
        (status, headers, b"" if status == 204 else body),
    )
    _tried(keycloak, call)


@given(status=_STATUS, headers=_HEADERS, body=_BODIES)
def test_odd_logins(keycloak, status, headers, body):
    keycloak.odd_token, keycloak.odd_answer = (
        (status, headers, b"" if status == 204 else body),
        (200, {}, b"[]"),
    )
    _tried(keycloak, _CALLS[0])


@given(extra=ANYTHING, lifetime=ANYTHING, token=ANYTHING)
def test_odd_tokens(keycloak, extra, lifetime, token):
    content = json.dumps({"access_token": token, "expires_in": lifetime, "token_type": extra}).encode()
    keycloak.odd_token, keycloak.odd_answer = (200, {}, content), (200, {}, b"[]")
    _tried(keycloak, _CALLS[0])
