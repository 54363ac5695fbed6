"""What is no JSON-RPC message is refused as such, and says nothing of what it was read with."""

from __future__ import annotations

import json

import pytest

_GOOD = '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'


@pytest.fixture(params=["", "2025-06-18", "2026-07-28"], ids=lambda version: version or "no version")
def send(request, server, stand_in):
    """Send a body as it is, in each protocol era."""

    def send(content, **headers):
        return server.http.post(
            "/mcp",
            headers={
                "Authorization": f"Bearer {stand_in.issue()}",
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                **({"MCP-Protocol-Version": request.param} if request.param else {}),
                **headers,
            },
            content=content,
        )

    return send


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{nope",
        "[" * 100_000,
        '{"jsonrpc":"2.0","id":NaN,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/list"} and more',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/\xff"}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":1e999}}',
    ],
    ids=["empty", "broken", "deep", "NaN", "more behind it", "not UTF-8", "no float"],
)
def test_what_is_no_json_is_a_parse_error(server, send, body):
    _refused(server, send(body), -32700, "Parse error")


@pytest.mark.parametrize(
    "body",
    [
        "null",
        '"x"',
        "[]",
        f"[{_GOOD}]",
        "{}",
        '{"id":1,"method":"tools/list"}',
        '{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
        '{"jsonrpc":2.0,"id":1,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1}',
        '{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":null,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":true,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}',
        '{"jsonrpc":"2.0","id":1,"method":5}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}',
        '{"jsonrpc":"2.0","id":1,"result":"x"}',
        '{"jsonrpc":"2.0","result":{}}',
        '{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":"y"}}',
    ],
)
def test_json_that_is_no_message_is_an_invalid_request(server, send, body):
    _refused(server, send(body), -32600, "Invalid Request")


def _refused(server, answer, code, message):
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    correlation_id = answer.headers["X-Correlation-ID"]
    assert answer.json() == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": code, "message": message, "data": {"correlation_id": correlation_id}},
    }
    (line,) = server.audit()
    assert (line["reason"], line["status"], line["subject"]) == ("malformed_request", 400, "subject-1")
    assert line["correlation_id"] == correlation_id


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": 'application/json; charset="latin-1"'},
        {"Content-Type": "application/json; charset=utf-8; charset=utf-16"},
        {"Content-Type": "application/json; charset"},
        {"Content-Type": "application/json; charset=utf-8 x"},
        {"Content-Type": "application/json, text/plain"},
        {"Content-Type": "application /json"},
        {"Content-Type": 'application/json; x="unended'},
        {"Content-Type": "application/json" + "; " * 5000 + "!"},
        {"Content-Encoding": "identity, gzip"},
        {"Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_another_type_of_body_is_415(server, send, headers):
    answer = send(_GOOD, **headers)
    assert answer.status_code == 415
    assert answer.headers["Accept"] == "application/json"
    assert answer.json()["error"] == "unsupported_media_type"
    assert server.audit()[-1]["reason"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "APPLICATION/JSON ; Charset=Utf-8",
        "application/json;",
        "application/json; ;x=1",
        'application/json; profile="; charset=utf-16"; charset=utf-8',
    ],
)
def test_the_type_may_have_parameters(server, stand_in, kind):
    answer = server.post(stand_in.issue(), headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": "a", "error": {"code": 1, "message": "x"}},
    ],
)
def test_notifications_and_responses_are_accepted(server, stand_in, message):
    headers = {
        "Authorization": f"Bearer {stand_in.issue()}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    assert server.http.post("/mcp", headers=headers, content=json.dumps(message)).status_code == 202
    assert server.audit() == []


def test_a_version_that_there_is_none_of_is_400(server, stand_in):
    answer = server.post(stand_in.issue(), headers={"MCP-Protocol-Version": "1999-01-01"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32602
    assert server.audit()[-1]["reason"] == "malformed_request"


def test_without_a_good_token_nothing_is_said_about_the_body(server):
    assert server.http.post("/mcp", content=b"{nope").status_code == 401
    answer = server.http.post("/mcp", content=b"{nope", headers={"Authorization": "Bearer garbage"})
    assert answer.status_code == 401
