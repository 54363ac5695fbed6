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
