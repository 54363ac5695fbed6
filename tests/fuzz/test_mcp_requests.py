"""Whatever is sent to the MCP server, it answers; without a good token nothing reaches the tools."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from starlette.testclient import TestClient

from provision.server.app import build_app
from provision.server.audit import AuditTrail
from provision.server.settings import Settings
from tests.server.conftest import ISSUER, SECRET, URL, StandInAuthorizationServer
from tests.support.damage import ANYTHING, damaged

_BASE = "https://mcp.example.org"
_PUBLIC = {"/.well-known/oauth-protected-resource/mcp", "/health/live", "/health/ready"}
_CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "add_numbers", "arguments": {"a": 2, "b": 3}},
}
_BODIES = (
    damaged(_CALL, most=3).map(lambda message: json.dumps(message).encode())
    | ANYTHING.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=200)
)
_NAMES = st.sampled_from(
    [
        *("Accept", "Content-Type", "Origin", "Mcp-Session-Id", "MCP-Protocol-Version", "Last-Event-ID"),
        *("Content-Encoding", "X-Forwarded-Host", "Forwarded", "Cookie", "X-Correlation-ID", "Expect"),
    ]
)
_VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40) | st.sampled_from(
    ["application/json", "text/event-stream", "application/json, text/event-stream", "gzip", "null", "*/*"]
)
_HEADERS = st.dictionaries(_NAMES, _VALUES, max_size=4)
_METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "mcp"])
_PATHS = st.sampled_from(
    ["/mcp", "/mcp/", "/mcp%0a", "//mcp", "/mcp/../mcp", "/MCP", "/mcp;x", "/", "/health"]
) | (st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30).map(lambda text: f"/{text}"))
_TOKENS = st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60).map(
    lambda text: f"Bearer {text}"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Yield the server and a good token."""
    folder = tmp_path_factory.mktemp("server")
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o400)
    settings = Settings(
        name="fuzzed",
        url=f"{_BASE}/mcp",  # behind a proxy, or else the one peer would soon have guessed too often
        port=3000,
        issuer=ISSUER,
        introspection_url=f"{ISSUER}/protocol/openid-connect/token/introspect",
        introspection_client_id=URL,
        introspection_client_secret_file=secret,
        audit_file=folder / "audit.jsonl",
        requests_per_minute=0,
    )
    stand_in = StandInAuthorizationServer()
    with TestClient(build_app(settings, AuditTrail(settings.audit_file), stand_in), base_url=_BASE) as client:
        token = stand_in.issue(aud=f"{_BASE}/mcp")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        assert client.post("/mcp", json=_CALL, headers=headers).status_code == httpx.codes.OK
        yield client, token


def _send(client, method, path, headers, body):
    try:
        return client.request(method, path, headers=headers, content=body, follow_redirects=False)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        reject()


@given(target=st.tuples(_METHODS, _PATHS), headers=_HEADERS, token=_TOKENS, body=_BODIES)
def test_without_a_good_token_nothing_is_let_in(served, target, headers, token, body):
    client, _ = served
    authorization = {} if token is None else {"Authorization": token}
    answer = _send(client, *target, headers | authorization, body)
    if answer.request.url.path in _PUBLIC or (target[0] == "OPTIONS" and "Origin" in headers):
        return
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.status_code != 401 or answer.headers["WWW-Authenticate"].startswith("Bearer ")


@given(headers=_HEADERS, body=_BODIES, method=_METHODS)
def test_with_a_good_token_it_answers_and_does_not_break(served, headers, body, method):
    client, token = served
    answer = _send(client, method, "/mcp", headers | {"Authorization": f"Bearer {token}"}, body)
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert "Traceback" not in answer.text
