"""From a refusal that a client sees to the line that says why, with the command that prints it."""

from __future__ import annotations

import json

import httpx


def _refuse(url: str) -> str:
    """Call without a token, and return the correlation id of the answer."""
    answer = httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert answer.status_code == 401
    return answer.json()["correlation_id"]


def test_the_trail_of_a_running_stack_says_who_called_and_why_others_were_refused(shared):
    url = shared.json("status")["servers"][0]["url"]
    assert all(proof["ok"] for proof in shared.json("verify")["proofs"])
    calls = shared.json("logs", "--audit", "--decision", "allowed")["audit"]
    assert calls
    assert {call["tool"] for call in calls} <= {"add_numbers", "multiply_numbers"}
    assert all(call["subject"] and call["client"] and "mcp:tools" in call["scopes"] for call in calls)
    of_one = shared.json("logs", "--audit", "--subject", calls[-1]["subject"])["audit"]
    assert {entry["subject"] for entry in of_one} == {calls[-1]["subject"]}

    refused = _refuse(url)
    (line,) = shared.json("logs", "--audit", "--correlation-id", refused)["audit"]
    assert (line["reason"], line["status"], line["server"]) == ("no_token", 401, "calculator")
    readable = shared.run("logs", "--audit", "--correlation-id", refused).stdout
    assert readable.count("\n") == 1
    assert "refused" in readable
    assert "no_token" in readable

    following = shared.begin("logs", "--audit", "--json", "--follow", "-n", "1", "--decision", "refused")
    try:
        assert json.loads(following.stdout.readline())["correlation_id"] == refused
        another = _refuse(url)
        assert json.loads(following.stdout.readline())["correlation_id"] == another
    finally:
        following.kill()
        following.communicate()
