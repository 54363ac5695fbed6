"""Web pages in browsers: which may call the server, and what they get to read (CORS)."""

from __future__ import annotations

import json

import pytest

from provision.server import edge
from provision.server.settings import Settings
from provision.server.web_pages import WebPages
from tests.server.test_paths import _echo_app, _settings

METADATA = "/.well-known/oauth-protected-resource/mcp"
INSPECTOR = "http://localhost:6274"
ELSEWHERE = "https://inspector.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version",
}


def _readable(answer, origin=INSPECTOR):
    assert answer.headers.get_list("access-control-allow-origin") == [origin]
    for name in ("WWW-Authenticate", "Retry-After", "X-Correlation-ID", "Mcp-Session-Id"):
        assert name in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]


def test_a_page_on_this_machine_calls_and_reads_without_any_setting(server, stand_in):
    asked = server.http.options("/mcp", headers={"Origin": INSPECTOR, **PREFLIGHT})
    assert asked.status_code == 200
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert asked.headers["access-control-allow-headers"] == PREFLIGHT["Access-Control-Request-Headers"]
    assert asked.headers["access-control-allow-origin"] == INSPECTOR
    answer = server.post(stand_in.issue(), headers={"Origin": INSPECTOR})
    assert answer.status_code == 200
    _readable(answer)


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:6274", "http://[::1]:6274", "https://localhost", "http://app.localhost:5173"],
)
def test_each_name_of_this_machine_counts(server, stand_in, origin):
    _readable(server.post(stand_in.issue(), headers={"Origin": origin}), origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost.evil.example",
        "http://localhost:80@evil.example",
        "http://localhost:3000/x",
        "http://localhost:3000 ",
        "null",
        "file://localhost",
        "http://127.0.0.1.evil.example",
        "",
    ],
)
def test_a_foreign_page_may_neither_ask_nor_read(server, stand_in, origin):
    for answer in (
        server.post(stand_in.issue(), headers={"Origin": origin}),
        server.http.options("/mcp", headers={"Origin": origin, **PREFLIGHT}),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"] == "forbidden_origin"
        assert "access-control-allow-origin" not in answer.headers
    assert stand_in.forms == []


def test_a_page_on_a_visitors_machine_is_foreign_to_a_public_server(start, stand_in):
    server = start(url="https://mcp.example.org/mcp")
    token = stand_in.issue(aud="https://mcp.example.org/mcp")
    for origin, status in (
        (INSPECTOR, 403),
        ("https://mcp.example.org", 401),
        ("http://mcp.example.org", 403),
    ):
        headers = {"Host": "mcp.example.org", "Origin": origin}
        assert server.post(headers=headers).status_code == status
    assert token


def test_every_refusal_can_be_read_by_a_page_that_may_call(start, stand_in, monkeypatch):
    server = start(max_request_bytes=1024, requests_per_minute=1, burst_requests=3)
    origin = {"Origin": INSPECTOR}
    good = stand_in.issue()
    answers = [
        server.post(headers={**origin, "Authorization": "Bearer a b"}),
        server.post(headers=origin),
        server.post("garbage", headers=origin),
        server.post(stand_in.issue("less", scope="openid"), headers=origin),
        server.post(good, headers=origin, params={"long": "x" * 2000}),
        server.post(good, headers={**origin, "Content-Type": "text/plain"}),
        server.post(good, headers={**origin, "Accept": "text/html"}),
        server.post(good, headers=origin),
        server.http.get("/mcp", headers=origin),
    ]
    stand_in.failure = OSError("away")
    answers.append(server.post("unknown", headers=origin))
    monkeypatch.setattr(server.http.app._edge, "_under_way", 5000)
    answers.append(server.post(good, headers=origin))
    assert [answer.status_code for answer in answers] == [
        400,
        401,
        401,
        403,
        413,
        415,
        406,
        429,
        405,
        503,
        503,
    ]
    for answer in answers:
        _readable(answer)


def test_who_is_no_browser_gets_no_headers_for_browsers(server, stand_in):
    assert "access-control-allow-origin" not in server.post(stand_in.issue()).headers


@pytest.mark.parametrize("path", [METADATA, "/.well-known/oauth-protected-resource"])
@pytest.mark.parametrize("origin", [INSPECTOR, "https://any.example", "null"])
def test_every_page_may_read_the_metadata(server, path, origin):
    asked = server.http.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "mcp-protocol-version",
        },
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "GET" in asked.headers["access-control-allow-methods"]
    assert asked.headers["access-control-allow-headers"] == "mcp-protocol-version"
    answer = server.http.get(path, headers={"Origin": origin, "MCP-Protocol-Version": "2025-11-25"})
    assert answer.status_code == 200
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def test_names_that_are_no_header_names_are_not_repeated(server):
    headers = {"Origin": INSPECTOR, **PREFLIGHT, "Access-Control-Request-Headers": "x y: <script>"}
    asked = server.http.options("/mcp", headers=headers)
    assert "access-control-allow-headers" not in asked.headers
    assert "script" not in str(asked.headers)


def test_an_application_with_headers_of_its_own_for_browsers_does_not_send_them_twice(
    settings_document, stand_in
):
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.testclient import TestClient

    from provision.server import protect
    from provision.server.audit import AuditTrail

    settings = _settings(settings_document, allowed_origins=[ELSEWHERE])
    app = _echo_app([])
    app.user_middleware.append(Middleware(CORSMiddleware, allow_origins=["*"]))
    protected = protect(app, settings, AuditTrail(settings.audit_file), stand_in)
    headers = {"Origin": ELSEWHERE, "Authorization": f"Bearer {stand_in.issue()}"}
    with TestClient(protected, base_url="http://localhost:3000") as http:
        _readable(http.get("/mcp", headers=headers), ELSEWHERE)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost", True),
        ("LocalHost:3000", True),
        ("127.0.0.1:3000", True),
        ("[::1]:3000", True),
        ("localhost:", True),
        ("localhost:3000@evil.example", False),
        ("localhost:x", False),
        ("user@localhost", False),
        ("localhost, evil.example", False),
        ("localhost/", False),
        ("localhost#", False),
        ("localhost?", False),
        ("[::1", False),
        ("::1", False),
        ("[localhost]", False),
        ("localhost.", False),
        ("*", False),
        ("", False),
    ],
)
def test_the_host_is_read_strictly(server, host, known):
    answer = server.http.get(METADATA, headers={"Host": host})
    assert answer.status_code == (200 if known else 421)


@pytest.mark.parametrize(
    ("bound", "host", "known"),
    [("10.1.2.3", b"10.1.2.3:3000", True), ("10.1.2.3", b"10.1.2.4", False), ("0.0.0.0", b"0.0.0.0", False)],
)
def test_the_address_that_is_bound_to_is_a_name_too(bound, host, known):
    pages = WebPages("http://localhost:3000/mcp", ())
    scope = {"type": "http", "headers": [(b"host", host)], "server": (bound, 3000)}
    assert (pages.host(scope) is not None) == known


def test_two_hosts_or_two_origins_are_none():
    pages = WebPages("http://localhost:3000/mcp", ())
    assert pages.host({"type": "http", "headers": [(b"host", b"localhost"), (b"host", b"localhost")]}) is None
    assert not pages.admits([b"http://localhost:1", b"http://localhost:1"], "localhost")


def test_the_number_of_requests_under_way_is_limited_and_health_is_not(start, stand_in, monkeypatch):
    server = start(max_connections=16)
    token = stand_in.issue()
    monkeypatch.setattr(server.http.app._edge, "_under_way", 16)
    answer = server.post(token)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Connection"] == "close"
    assert answer.json()["error_description"] == "The server has too many requests under way; try again."
    assert server.audit()[-1]["reason"] == "too_busy"
    assert server.http.get("/health/live").status_code == 200
    assert server.http.get("/health/ready").status_code == 200
    monkeypatch.setattr(server.http.app._edge, "_under_way", 15)
    assert server.post(token).status_code == 200
    assert server.http.app._edge._under_way == 15, "a request that has ended is under way no more"


async def test_a_body_that_takes_too_long_is_408(settings_document, stand_in, monkeypatch):
    import asyncio

    from provision.server.app import build_app
    from provision.server.audit import AuditTrail

    monkeypatch.setattr(edge, "BODY_SECONDS", 0.2)
    settings = Settings.model_validate_json(json.dumps(settings_document))
    app, sent = build_app(settings, AuditTrail(settings.audit_file), stand_in), []
    parts = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive():
        if not parts:
            await asyncio.sleep(60)
        return parts.pop()

    async def send(message):
        sent.append(message)

    headers = {
        "host": "localhost",
        "content-type": "application/json",
        "authorization": f"Bearer {stand_in.issue()}",
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 5),
    }
    await asyncio.wait_for(app(scope, receive, send), 10)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    line = json.loads(settings.audit_file.read_text())
    assert (line["reason"], line["status"], line["subject"]) == ("request_timeout", 408, "subject-1")
