"""What the tools answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("add_numbers", {"a": 2, "b": 3.5}, ("addition", [2, 3.5], 5.5)),
        ("multiply_numbers", {"x": -2, "y": 3.5}, ("multiplication", [-2, 3.5], -7.0)),
    ],
)
def test_a_tool_answers_operation_operands_result_and_time(server, stand_in, tool, arguments, expected):
    answer = server.call(stand_in.issue(), tool, **arguments)
    content = answer["structuredContent"]
    assert content == json.loads(answer["content"][0]["text"])
    assert (content["operation"], content["operands"], content["result"]) == expected
    assert datetime.fromisoformat(content["timestamp"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"a": 1}, {"a": "one", "b": 2}, {"a": None, "b": 2}, {"a": 1, "b": 2, "c": 3}, {"a": "inf", "b": 1}],
)
def test_wrong_arguments_are_an_error_of_the_call(server, stand_in, arguments):
    assert server.call(stand_in.issue(), "add_numbers", **arguments)["isError"] is True


def test_a_result_that_json_cannot_hold_is_an_error(server, stand_in):
    answer = server.call(stand_in.issue(), "multiply_numbers", x=1e200, y=1e200)
    assert answer["isError"] is True
    assert answer["content"][0]["text"] == "The result is too large."


def test_the_tools_are_described(server, stand_in):
    answer = server.post(stand_in.issue())
    listed = json.loads(next(line[5:] for line in answer.text.splitlines() if line.startswith("data:")))
    tools = {tool["name"]: tool for tool in listed["result"]["tools"]}
    assert set(tools) == {"add_numbers", "multiply_numbers"}
    assert tools["add_numbers"]["description"] == "Add two numbers."
    assert tools["add_numbers"]["inputSchema"]["properties"]["a"]["description"] == "The first number."
    assert set(tools["add_numbers"]["outputSchema"]["properties"]) == {
        "operation",
        "operands",
        "result",
        "timestamp",
    }
    assert tools["multiply_numbers"]["annotations"]["readOnlyHint"] is True
