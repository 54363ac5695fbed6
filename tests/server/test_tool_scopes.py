"""Scopes that single tools need: the challenge for a step-up, and that there is no way around it."""

from __future__ import annotations

import json

import pytest

from provision.server.settings import SettingsError
from tests.server.conftest import METADATA

_FURTHER = "mcp:math:multiply"
_CALL = {"method": "tools/call", "params": {"name": "multiply_numbers", "arguments": {"x": 6, "y": 7}}}


@pytest.fixture
def server(start):
    return start(tool_scopes={"multiply_numbers": [_FURTHER]})


def test_a_call_without_the_tools_scope_gets_403_with_all_that_it_needs(server, stand_in):
    answer = server.post(stand_in.issue(), **_CALL)
    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert challenge == (
        f'Bearer error="insufficient_scope", scope="mcp:tools {_FURTHER}", resource_metadata="{METADATA}"'
    )
    assert answer.json()["error"] == "insufficient_scope"
    (line,) = server.audit("refusal")
    assert (line["reason"], line["subject"], line["status"]) == ("insufficient_scope", "subject-1", 403)


def test_after_the_step_up_the_call_succeeds(server, stand_in):
    token = stand_in.issue(scope=f"openid mcp:tools {_FURTHER}")
    assert server.call(token, "multiply_numbers", x=6, y=7)["structuredContent"]["result"] == 42


def test_the_other_tool_and_the_list_need_no_more_than_before(server, stand_in):
    token = stand_in.issue()
    assert server.call(token, "add_numbers", a=19, b=23)["structuredContent"]["result"] == 42
    assert server.post(token).status_code == 200


def test_the_further_scope_alone_is_not_enough(server, stand_in):
    answer = server.post(stand_in.issue(scope=_FURTHER), **_CALL)
    assert answer.status_code == 403
    assert f'scope="mcp:tools {_FURTHER}"' in answer.headers["www-authenticate"]


def test_without_a_token_it_is_401_and_asks_for_the_least(server):
    answer = server.post(**_CALL)
    assert answer.status_code == 401
    assert 'scope="mcp:tools"' in answer.headers["www-authenticate"]
    metadata = server.http.get("/.well-known/oauth-protected-resource/mcp").json()
    assert metadata["scopes_supported"] == ["mcp:tools"]


@pytest.mark.parametrize(
    "body",
    [
        '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"multiply_numbers","arguments":{"x":6,"y":7}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"multiply_numbers","arguments":{"x":6,"y":7}},"params":{"name":"add_numbers","arguments":{"a":6,"b":7}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools\\u002fcall","params":{"name":"multiply\\u005fnumbers","arguments":{"x":6,"y":7}}}',
        '[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"multiply_numbers","arguments":{"x":6,"y":7}}}]',
        " " * 5_000_000 + json.dumps({"jsonrpc": "2.0", "id": 1, **_CALL}),
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"multiply_numbers","arguments":{"x":6,"y":7,"z":"\\ud800"}}}',
    ],
    ids=["method twice", "params twice", "escapes", "batch", "behind five megabytes", "lone surrogate"],
)
def test_no_spelling_of_the_body_gets_around_it(server, stand_in, body):
    headers = {
        "Authorization": f"Bearer {stand_in.issue()}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    answer = server.http.post("/mcp", headers=headers, content=body)
    assert "42.0" not in answer.text
    assert not [line for line in server.audit("tool_call") if line["tool"] == "multiply_numbers"]


def test_a_call_that_came_past_the_http_layer_is_refused_all_the_same(start, stand_in, monkeypatch):
    monkeypatch.setattr("provision.server.tool_scopes.called", lambda _message: None)
    server = start(tool_scopes={"multiply_numbers": [_FURTHER]})
    answer = server.call(stand_in.issue(), "multiply_numbers", x=6, y=7)
    assert answer["isError"]
    assert "lacks a scope" in answer["content"][0]["text"]
    (line,) = server.audit("tool_call")
    assert line["outcome"] == "error"


def test_a_body_in_parts_reaches_the_tool_as_it_was_sent(server, stand_in):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, **_CALL}).encode()
    headers = {
        "Authorization": f"Bearer {stand_in.issue(scope=f'mcp:tools {_FURTHER}')}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    answer = server.http.post("/mcp", headers=headers, content=iter([body[:10], body[10:]]))
    assert "42.0" in answer.text


def test_a_scope_for_a_tool_that_there_is_none_of_stops_the_start(start):
    with pytest.raises(SettingsError, match="there is no tool divide_numbers"):
        start(tool_scopes={"divide_numbers": ["a"]})


_QUESTION = {"method": "provision/scopes", "params": {"name": "multiply_numbers"}}


def test_the_question_about_a_tools_scopes_is_judged_as_a_call_and_calls_nothing(server, stand_in):
    refused = server.post(stand_in.issue(), **_QUESTION)
    assert refused.status_code == 403
    assert f'scope="mcp:tools {_FURTHER}"' in refused.headers["www-authenticate"]
    answer = server.post(stand_in.issue("more", scope=f"mcp:tools {_FURTHER}"), **_QUESTION)
    assert (answer.status_code, answer.json()["result"]) == (200, {"scopes": ["mcp:tools", _FURTHER]})
    assert server.post(stand_in.issue("other", scope=_FURTHER), **_QUESTION).status_code == 403
    assert server.post(**_QUESTION).status_code == 401
    assert server.audit("tool_call") == []


def test_the_question_about_a_tool_without_scopes_of_its_own_is_an_unknown_method(server, stand_in):
    answer = server.post(stand_in.issue(), method="provision/scopes", params={"name": "add_numbers"})
    assert '"error"' in answer.text
    assert server.audit("tool_call") == []
