"""A server of one's own behind the checks of the reference server, whichever library it is written with."""

from __future__ import annotations

import json

import pytest
from fastmcp import FastMCP
from mcp.server import MCPServer
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

import provision.server
from provision.server import protect
from provision.server.answer import Answer
from provision.server.app import build_app
from provision.server.audit import AuditTrail
from provision.server.settings import Settings
from tests.server.conftest import METADATA, Server


def forecast(city: str) -> str:
    """Say what the weather will be."""
    return f"Sunny in {city}"


def fastmcp_app():
    mcp = FastMCP("weather")
    mcp.tool(forecast)

    @mcp.custom_route("/admin", methods=["GET"])
    async def admin(_request):
        return PlainTextResponse("the administrator's page")

    return mcp.http_app()


def sdk_app():
    mcp = MCPServer("weather")
    mcp.add_tool(forecast)
    return mcp.streamable_http_app()


@pytest.fixture(params=[fastmcp_app, sdk_app])
def own(request, settings_document, stand_in):
    document = {**settings_document, "tool_scopes": {"forecast_all": ["mcp:all"]}}
    settings = Settings.model_validate_json(json.dumps(document))
    app = protect(request.param(), settings, AuditTrail(settings.audit_file), stand_in)
    with TestClient(app, base_url="http://localhost:3000") as http:
        yield Server(http, settings.audit_file)


def begin(own, token):
    """Open a session; the SDK's and FastMCP's servers keep one unless they are told not to."""
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    answer = own.post(token, method="initialize", params=hello)
    assert answer.status_code == 200, answer.text
    session = {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    own.post(token, method="notifications/initialized", headers=session, params={})
    return session


def call(own, token, session, tool="forecast", **arguments):
    return own.post(
        token, method="tools/call", params={"name": tool, "arguments": arguments}, headers=session
    )


def test_without_a_token_one_is_told_where_to_get_it(own):
    answer = own.post()
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert f'resource_metadata="{METADATA}"' in challenge
    assert 'scope="mcp:tools"' in challenge
    document = own.http.get(METADATA.removeprefix("http://localhost:3000")).json()
    assert document["resource"] == "http://localhost:3000/mcp"


def test_with_a_token_the_tool_answers_and_the_call_is_noted(own, stand_in):
    token = stand_in.issue()
    answer = call(own, token, begin(own, token), city="Bern")
    assert "Sunny in Bern" in answer.text
    (line,) = own.audit("tool_call")
    assert (line["tool"], line["outcome"], line["subject"]) == ("forecast", "ok", "subject-1")
    assert "Bern" not in own.audit_text()


@pytest.mark.parametrize(
    "changes", [{"aud": "https://other.example/mcp"}, {"iss": "https://other.example"}, {"exp": 1}]
)
def test_a_token_that_is_not_for_it_is_refused(own, stand_in, changes):
    assert own.post(stand_in.issue(**changes)).status_code == 401


def test_a_missing_scope_is_403(own, stand_in):
    assert own.post(stand_in.issue(scope="openid")).status_code == 403


def test_the_scopes_of_a_tool_are_asked_for(own, stand_in):
    token = stand_in.issue()
    answer = call(own, token, begin(own, token), tool="forecast_all")
    assert answer.status_code == 403
    assert 'scope="mcp:tools mcp:all"' in answer.headers["www-authenticate"]


def test_a_session_that_one_subject_began_refuses_another(own, stand_in):
    first = stand_in.issue("first", sub="subject-1")
    second = stand_in.issue("second", sub="subject-2")
    session = begin(own, first)
    assert call(own, second, session, city="Bern").status_code == 404
    (line,) = own.audit("refusal")
    assert (line["reason"], line["status"], line["subject"]) == ("not_found", 404, "subject-2")
    assert call(own, first, session, city="Bern").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"), [({"Origin": "https://evil.example"}, 403), ({"Host": "evil.example"}, 421)]
)
def test_a_foreign_page_or_name_is_refused(own, stand_in, headers, status):
    assert own.post(stand_in.issue(), headers=headers).status_code == status


def test_no_other_path_of_the_application_is_open_unless_it_is_named(settings_document, stand_in):
    settings = Settings.model_validate_json(json.dumps(settings_document))
    authorization = {"Authorization": f"Bearer {stand_in.issue()}"}
    for paths, without, with_token in (((), 404, 404), (["/admin"], 401, 200)):
        app = protect(fastmcp_app(), settings, AuditTrail(settings.audit_file), stand_in, paths=paths)
        with TestClient(app, base_url="http://localhost:3000") as http:
            assert http.get("/admin").status_code == without
            assert http.get("/admin", headers=authorization).status_code == with_token
            assert http.get("/health/live").status_code == 200


@pytest.mark.parametrize("app", [fastmcp_app, sdk_app, None], ids=["FastMCP", "SDK", "reference"])
async def test_the_connections_are_closed_before_the_end_is_told(
    app, settings_document, stand_in, monkeypatch
):
    """Whoever serves cancels what goes on after that."""
    settings, told = Settings.model_validate_json(json.dumps(settings_document)), []
    audit = AuditTrail(settings.audit_file)
    protected = protect(app(), settings, audit, stand_in) if app else build_app(settings, audit, stand_in)
    asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def close(_self):
        told.append("closed")

    async def receive():
        return {"type": next(asked)}

    async def send(message):
        told.append(message["type"])

    monkeypatch.setattr(type(stand_in), "aclose", close)
    await protected({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert told == ["lifespan.startup.complete", "closed", "lifespan.shutdown.complete"]


def test_a_name_that_is_not_public_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        provision.server.nothing  # noqa: B018 - the attribute is what is asked for


def test_the_question_about_the_scopes_of_a_tool_does_not_reach_the_application(own, stand_in):
    token = stand_in.issue()
    session = begin(own, token)
    question = {"method": "provision/scopes", "params": {"name": "forecast_all"}, "headers": session}
    assert own.post(token, **question).status_code == 403
    granted = own.post(stand_in.issue("more", scope="mcp:tools mcp:all"), **question)
    assert granted.json()["result"] == {"scopes": ["mcp:tools", "mcp:all"]}
    assert own.audit("tool_call") == []


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome"),
    [("forecast", {"city": "Bern"}, "ok"), ("forecast", {}, "error"), ("forcast", {}, "error")],
    ids=["a good call", "wrong arguments", "no such tool"],
)
def test_the_outcome_in_the_audit_trail_is_that_of_the_answer(own, stand_in, tool, arguments, outcome):
    token = stand_in.issue()
    assert call(own, token, begin(own, token), tool=tool, **arguments).status_code == 200
    (line,) = own.audit("tool_call")
    assert (line["tool"], line["outcome"]) == (tool, outcome)


_ERROR = b'{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"Unknown tool"}}'
_FAILED = b'{"jsonrpc":"2.0","id":7,"result":{"content":[],"isError":true}}'
_GOOD = b'{"jsonrpc":"2.0","id":7,"result":{"content":[]}}'
_NOTE = b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"error":1}}'
_LONG = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"' + b"x" * 600_000 + b'"}}'


def _events(*messages):
    return b"".join(b"event: message\r\ndata: " + message + b"\r\n\r\n" for message in messages)


@pytest.mark.parametrize(
    ("kind", "body", "outcome"),
    [
        ("application/json", _ERROR, "error"),
        ("application/json; charset=utf-8", _FAILED, "error"),
        ("application/json", _GOOD, "ok"),
        ("application/json", _ERROR.replace(b"7", b"8"), "ok"),
        ("text/event-stream", _events(_NOTE, _FAILED), "error"),
        ("text/event-stream", _events(_LONG, _ERROR), "error"),
        ("text/event-stream", _events(_NOTE, _GOOD), "ok"),
        ("text/event-stream", _events(_ERROR).removesuffix(b"\r\n\r\n"), "error"),
        ("text/html", _ERROR, "ok"),
        ("application/json", b"{", "ok"),
    ],
)
@pytest.mark.parametrize("size", [5, 65_536])
def test_an_answer_in_parts_is_read_as_a_whole(kind, body, outcome, size):
    answer = Answer(7)
    answer.see({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode())]})
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    for part in parts:
        answer.see({"type": "http.response.body", "body": part, "more_body": True})
    answer.see({"type": "http.response.body", "body": b"", "more_body": False})
    assert answer.outcome == outcome


def test_no_answer_and_a_refusal_are_errors():
    assert Answer(7).outcome == "error"
    answer = Answer(7)
    answer.see({"type": "http.response.start", "status": 404, "headers": []})
    assert answer.outcome == "error"
