"""A request that is too long is refused before it is read."""

from __future__ import annotations

import json

import pytest

_MOST = 2048


@pytest.fixture
def server(start):
    return start(max_request_bytes=_MOST)


def _send(server, content, token="", **headers):
    return server.http.post(
        "/mcp",
        headers={
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **headers,
        },
        content=content,
    )


def _message(length: int) -> bytes:
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()
    return message + b" " * (length - len(message))


def _refused(server, answer):
    assert answer.status_code == 413
    assert answer.json()["error"] == "request_too_large"
    assert answer.json()["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert answer.headers["Connection"] == "close"
    (line,) = server.audit()
    assert (line["reason"], line["status"]) == ("request_too_large", 413)
    assert line["correlation_id"] == answer.json()["correlation_id"]
    return line


def test_the_longest_request_is_answered(server, stand_in):
    assert _send(server, _message(_MOST), stand_in.issue()).status_code == 200


def test_a_declared_length_is_enough_to_refuse(server, stand_in):
    _refused(server, _send(server, _message(_MOST + 1), stand_in.issue()))
    assert stand_in.forms == [], "nobody was asked about the token"


def test_a_body_of_unknown_length_is_refused_where_it_gets_too_long(server, stand_in):
    body = _message(_MOST + 1)
    line = _refused(server, _send(server, iter([body[:100], body[100:]]), stand_in.issue()))
    assert line["subject"] == "subject-1"
    assert server.audit("tool_call") == []


def test_parts_that_fit_together_are_answered(server, stand_in):
    body = _message(_MOST)
    assert _send(server, iter([body[:1000], body[1000:]]), stand_in.issue()).status_code == 200


def test_it_makes_no_difference_who_sends_it(server):
    _refused(server, _send(server, _message(_MOST + 1)))


def test_a_small_tool_call_past_the_limit_is_not_made(start, stand_in):
    server = start(max_request_bytes=_MOST, tool_scopes={"multiply_numbers": ["mcp:tools"]})
    call = {"method": "tools/call", "params": {"name": "multiply_numbers", "arguments": {"x": 1, "y": 2}}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, **call}).encode()
    _refused(server, _send(server, iter([body, b" " * _MOST]), stand_in.issue()))
