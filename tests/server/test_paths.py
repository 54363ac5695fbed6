"""One path leads to the tools, in one spelling; all others lead nowhere, and no answer is a redirect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fastmcp import FastMCP
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from provision.server import protect
from provision.server.audit import AuditTrail
from provision.server.settings import Settings
from tests.server.conftest import URL, Server

if TYPE_CHECKING:
    from starlette.requests import Request

METADATA = "/.well-known/oauth-protected-resource/mcp"
OTHER_SPELLINGS = [
    "/mcp%0a",
    "/mcp%0A",
    "/mcp%00",
    "/mcp%09",
    "/mcp%20",
    "/mcp/",
    "/mcp%2f",
    "/mcp%2F",
    "/mcp%5c",
    "/mcp;x",
    "/mcp;",
    "/mcp//",
    "//mcp",
    "/./mcp",
    "/x/../mcp",
    "/mcp/.",
    "/mcp/..%2fmcp",
    "/%6dcp",
    "/MCP",
    "/mcp/x",
    "/",
    "",
    "*",
    "http://localhost:3000/mcp",
]

ran: list[str] = []


def danger() -> str:
    """Do what needs a further scope."""
    ran.append("danger")
    return "done"


def fastmcp_app():
    mcp = FastMCP("own")
    mcp.tool(danger)
    return mcp.http_app(stateless_http=True)


def sdk_app():
    mcp = MCPServer("own")
    mcp.add_tool(danger)
    return mcp.streamable_http_app(stateless_http=True)


def mounted_app():
    mcp = FastMCP("own")
    mcp.tool(danger)
    inner = mcp.http_app(path="/", stateless_http=True)
    return Starlette(routes=[Mount("/mcp", app=inner)], lifespan=inner.lifespan)


def _settings(document, **changes) -> Settings:
    changes = {"tool_scopes": {"danger": ["mcp:admin"]}, **changes}
    return Settings.model_validate_json(json.dumps({**document, **changes}))


@pytest.fixture(params=[fastmcp_app, sdk_app, mounted_app])
def own(request, settings_document, stand_in):
    ran.clear()
    settings = _settings(settings_document)
    app = protect(request.param(), settings, AuditTrail(settings.audit_file), stand_in)
    with TestClient(app, base_url="http://localhost:3000", follow_redirects=False) as http:
        yield Server(http, settings.audit_file)


async def _ask(
    app, target: str, *, method="POST", body=b"{}", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as a server hands it on that gets this target, however a client library would change it."""
    from urllib.parse import unquote

    raw = target.encode()
    given = {"host": "localhost:3000", "content-type": "application/json", "content-length": str(len(body))}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(target),
        "raw_path": raw,
        "root_path": "",
        "query_string": b"",
        "headers": [
            (n.replace("_", "-").encode(), v.encode("latin-1")) for n, v in {**given, **headers}.items()
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 3000),
        "state": {},
    }
    parts, sent = [{"type": "http.request", "body": body, "more_body": False}], []

    async def receive():
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, content


CALL = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "danger", "arguments": {}}}
).encode()
ACCEPT = "application/json, text/event-stream"


@pytest.mark.parametrize("target", OTHER_SPELLINGS)
async def test_no_other_spelling_of_the_path_leads_anywhere(own, stand_in, target):
    token = stand_in.issue(scope="mcp:tools")
    status, headers, body = await _ask(
        own.http.app, target, body=CALL, authorization=f"Bearer {token}", accept=ACCEPT
    )
    assert status == 404
    assert "location" not in headers
    assert json.loads(body)["error"] == "not_found"
    assert stand_in.forms == [], "nobody was asked about the token"
    assert ran == []


@pytest.mark.parametrize("spelling", [METADATA + "/", METADATA + "%0a", METADATA + "%2f", METADATA + ";x"])
async def test_the_metadata_has_one_spelling_too(own, spelling):
    status, headers, _ = await _ask(own.http.app, spelling, method="GET")
    assert status == 404
    assert "location" not in headers


def test_the_endpoint_itself_answers_and_asks_for_the_scopes_of_the_tool(own, stand_in):
    call = {"method": "tools/call", "params": {"name": "danger", "arguments": {}}}
    answer = own.post(stand_in.issue("less", scope="mcp:tools"), **call)
    assert answer.status_code == 403
    assert 'scope="mcp:tools mcp:admin"' in answer.headers["www-authenticate"]
    assert ran == []
    assert own.post(stand_in.issue("all", scope="mcp:tools mcp:admin"), **call).status_code == 200
    assert ran == ["danger"]
    assert [line["tool"] for line in own.audit("tool_call")] == ["danger"]


@pytest.mark.parametrize("target", ["/mcp%0a", "/mcp/", "/mcp%2f", "/mcp;x"])
async def test_the_reference_server_has_one_path_too(server, stand_in, target):
    status, headers, _ = await _ask(
        server.http.app, target, body=CALL, authorization=f"Bearer {stand_in.issue()}", accept=ACCEPT
    )
    assert (status, "location" in headers) == (404, False)


def _echo_app(seen, *more):
    async def echo(request: Request):
        seen.append((request.url, dict(request.headers), await request.body()))
        return JSONResponse({})

    async def leave(request: Request):
        return RedirectResponse(request.url_for("echo"))

    async def page(_request: Request):
        return PlainTextResponse("the report")

    return Starlette(
        routes=[
            Route("/mcp", echo, methods=["GET", "POST", "DELETE"], name="echo"),
            Route("/leave", leave),
            Route("/reports/today", page, methods=["GET", "POST"]),
            *more,
        ]
    )


@pytest.fixture
def behind_a_proxy(settings_document, stand_in):
    seen = []
    settings = _settings(
        settings_document,
        url="https://mcp.example.org/mcp",
        introspection_client_id="http://localhost:3000/mcp",
    )
    app = protect(
        _echo_app(seen),
        settings,
        AuditTrail(settings.audit_file),
        stand_in,
        paths=["/reports/today", "/leave"],
    )
    headers = {"Host": "mcp.example.org", "Authorization": f"Bearer {stand_in.issue(aud=settings.url)}"}
    with TestClient(app, base_url="http://localhost:3000", headers=headers, follow_redirects=False) as http:
        http.seen, http.audit_file = seen, settings.audit_file
        yield http


def test_an_application_behind_a_proxy_takes_itself_for_what_clients_see(behind_a_proxy):
    answer = behind_a_proxy.get("/leave")
    assert answer.headers.get("location") == "https://mcp.example.org/mcp", answer.text


def test_a_further_path_needs_a_token_and_takes_messages_only(behind_a_proxy):
    assert behind_a_proxy.get("/reports/today").text == "the report"
    assert behind_a_proxy.get("/reports/today", headers={"Authorization": "Basic x"}).status_code == 401
    assert behind_a_proxy.post("/reports/today", data={"a": "b"}).status_code == 415
    for other in ("/reports", "/reports/today/", "/reports/today%0a", "/admin"):
        assert behind_a_proxy.get(other).status_code == 404


@pytest.mark.parametrize("path", ["reports", "/a b", "/a/", "//a", "/{x}", "/a/../b", "/%61", ""])
def test_a_further_path_that_is_none_is_refused_at_once(settings_document, stand_in, path):
    settings = _settings(settings_document)
    with pytest.raises(ValueError, match="is no path"):
        protect(fastmcp_app(), settings, AuditTrail(settings.audit_file), stand_in, paths=[path])


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', {"method": "tools/list"}),
        (
            '{"jsonrpc":"2.0","id":1,"method":"tools\\u002flist", "params" : {"n": 1e2}}',
            {"params": {"n": 100.0}},
        ),
        (
            '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"t":"Infinity","big":12345678901234567890123}}',
            {"params": {"t": "Infinity", "big": 12345678901234567890123}},
        ),
    ],
)
def test_the_message_that_was_checked_is_the_one_handed_on(behind_a_proxy, sent, read):
    kind = {"Content-Type": 'Application/JSON; Charset="UTF-8"'}
    assert behind_a_proxy.post("/mcp", content=sent, headers=kind).status_code == 200
    _, headers, body = behind_a_proxy.seen[-1]
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert json.loads(body, object_pairs_hook=_no_duplicates) | read == json.loads(body)


def _no_duplicates(pairs):
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_what_an_application_refuses_is_noted(behind_a_proxy):
    behind_a_proxy.put("/mcp")
    lines = [json.loads(line) for line in behind_a_proxy.audit_file.read_text().splitlines()]
    assert [(line["reason"], line["status"]) for line in lines] == [("method_not_allowed", 405)]


def test_the_sdks_application_is_served_under_a_public_name_as_the_documents_say(settings_document, stand_in):
    mcp = MCPServer("own")
    mcp.add_tool(danger)
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    settings = _settings(settings_document, url="https://mcp.example.org/mcp", introspection_client_id=URL)
    app = mcp.streamable_http_app(stateless_http=True, transport_security=unchecked)
    protected = protect(app, settings, AuditTrail(settings.audit_file), stand_in)
    with TestClient(protected, base_url="http://localhost:3000", headers={"Host": "mcp.example.org"}) as http:
        token = stand_in.issue(aud=settings.url)
        assert Server(http, settings.audit_file).post(token).status_code == 200


async def test_a_web_socket_is_refused_whatever_the_application_does_with_one(settings_document, stand_in):
    reached, sent = [], []

    async def app(scope, _receive, _send):
        reached.append(scope["type"])

    settings = _settings(settings_document)
    protected = protect(app, settings, AuditTrail(settings.audit_file), stand_in)

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {stand_in.issue()}".encode())]
    await protected(
        {"type": "websocket", "path": "/mcp", "raw_path": b"/mcp", "headers": headers}, receive, send
    )
    assert (reached, [message["type"] for message in sent]) == ([], ["websocket.close"])
