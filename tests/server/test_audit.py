"""The audit trail says who did what, and nothing that should not be written down."""

from __future__ import annotations

import logging
import stat

import pytest

from provision.server import allowance, tools


def test_a_tool_call_leaves_one_line(server, stand_in):
    server.call(stand_in.issue(), "add_numbers", a=41234, b=1)
    (line,) = server.audit()
    assert line["event"] == "tool_call"
    assert line["decision"] == "allowed"
    assert line["outcome"] == "ok"
    assert (line["subject"], line["client"], line["tool"]) == ("subject-1", "client-1", "add_numbers")
    assert line["scopes"] == ["openid", "mcp:tools"]
    assert 0 < line["duration_ms"] < 5000
    assert line["time"].endswith("Z")
    assert len(line["correlation_id"]) == 32


def test_the_line_of_a_call_has_the_correlation_id_of_the_answer(server, stand_in):
    answer = server.post(
        stand_in.issue(), method="tools/call", params={"name": "add_numbers", "arguments": {"a": 1, "b": 2}}
    )
    assert server.audit()[-1]["correlation_id"] == answer.headers["X-Correlation-ID"]


def test_calls_of_different_users_do_not_mix(server, stand_in):
    for number in range(4):
        stand_in.issue(f"token-{number}", sub=f"subject-{number}")
    for number in (0, 1, 2, 3, 0, 2):
        server.call(f"token-{number}", "add_numbers", a=1, b=2)
    assert [line["subject"] for line in server.audit()] == [
        f"subject-{number}" for number in (0, 1, 2, 3, 0, 2)
    ]


def test_the_line_of_a_call_holds_who_what_and_how_long_and_nothing_else(server, stand_in):
    server.call(stand_in.issue(), "add_numbers", a=1, b=2)
    assert list(server.audit()[0]) == [
        "time",
        "event",
        "decision",
        "outcome",
        "tool",
        "subject",
        "client",
        "scopes",
        "duration_ms",
        "correlation_id",
    ]


def test_a_refusal_for_a_scope_names_the_scopes_that_there_were(start, stand_in):
    server = start(tool_scopes={"multiply_numbers": ["mcp:math:multiply"]})
    server.post(stand_in.issue("less", scope="openid"))
    server.post(stand_in.issue(), method="tools/call", params={"name": "multiply_numbers", "arguments": {}})
    server.post("garbage")
    assert [(line["scopes"], line["tool"]) for line in server.audit("refusal")] == [
        (["openid"], None),
        (["openid", "mcp:tools"], "multiply_numbers"),
        (None, None),
    ]


@pytest.fixture
def few_lines(monkeypatch):
    """50 lines of one reason at once, for a server that starts after this."""
    monkeypatch.setattr("provision.server.audit._LINES_AT_ONCE", 50)


def test_a_flood_of_refusals_of_nobody_known_does_not_fill_the_disk(few_lines, server, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(allowance, "monotonic", lambda: now)
    for _ in range(80):
        server.post()
    assert [line["reason"] for line in server.audit()] == ["no_token"] * 50
    assert all("left_out" not in line for line in server.audit())
    server.post(headers={"Host": "evil.example"})
    assert server.audit()[-1]["reason"] == "foreign_host", "another reason has lines of its own"
    now += 1.1
    server.post()
    assert (server.audit()[-1]["reason"], server.audit()[-1]["left_out"]) == ("no_token", 30)
    now += 1.1
    server.post()
    assert "left_out" not in server.audit()[-1]


def test_what_a_known_user_is_refused_is_noted_each_time_but_for_the_rate(
    few_lines, start, stand_in, monkeypatch
):
    monkeypatch.setattr(allowance, "monotonic", lambda: 1000.0)
    server = start(burst_requests=70)
    token = stand_in.issue(scope="openid")
    for _ in range(150):
        server.post(token)
    reasons = [line["reason"] for line in server.audit()]
    assert reasons == ["insufficient_scope"] * 70 + ["rate_limited"] * 50


@pytest.mark.parametrize(
    ("request_of", "reason", "status"),
    [
        (lambda http, headers: http.get("/mcp", headers=headers), "method_not_allowed", 405),
        (
            lambda http, headers: http.post(
                "/mcp",
                headers={**headers, "Accept": "text/html"},
                json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
            ),
            "not_acceptable",
            406,
        ),
    ],
)
def test_a_refusal_by_the_application_is_noted_with_who_it_was(server, stand_in, request_of, reason, status):
    answer = request_of(server.http, {"Authorization": f"Bearer {stand_in.issue()}"})
    assert answer.status_code == status
    (line,) = server.audit()
    assert (line["reason"], line["status"], line["subject"]) == (reason, status, "subject-1")
    assert line["correlation_id"] == answer.headers["X-Correlation-ID"] == answer.json()["correlation_id"]


def test_listing_tools_leaves_no_line(server, stand_in):
    server.post(stand_in.issue())
    assert server.audit_text() == ""


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("add_numbers", {"a": "abcxyz", "b": 1}),
        ("no_such_tool", {"a": "abcxyz"}),
        ("add_numbers", {"a": 1e308, "b": 1e308}),
    ],
)
def test_a_failed_call_leaves_a_line_too(server, stand_in, tool, arguments):
    assert server.call(stand_in.issue(), tool, **arguments)["isError"] is True
    assert server.audit()[-1]["tool"] == tool
    assert server.audit()[-1]["outcome"] == "error"
    assert "abcxyz" not in server.audit_text()


def test_a_fault_in_a_tool_shows_the_client_only_the_correlation_id(server, stand_in, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("the argument was 4711")

    monkeypatch.setattr(tools, "_calculation", broken)
    result = server.call(stand_in.issue(), "add_numbers", a=1, b=2)
    error, call = server.audit()
    assert result["content"][0]["text"] == f"The tool failed. Correlation id: {call['correlation_id']}"
    assert error["event"] == "error"
    assert error["error"] == "RuntimeError"
    assert "4711" not in server.audit_text()


def test_a_fault_in_the_server_shows_the_client_only_the_correlation_id(server, stand_in, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("inner detail")

    monkeypatch.setattr("provision.server.verifier.refusal_reason", broken)
    server.http.portal  # noqa: B018 - the client runs the application
    answer = server.post(stand_in.issue())
    assert answer.status_code == 500
    assert answer.json()["error"] == "server_error"
    assert "inner detail" not in answer.text
    assert server.audit("error")[-1]["correlation_id"] == answer.headers["X-Correlation-ID"]


def test_nothing_secret_is_written_anywhere(start, stand_in, caplog, capfd):
    caplog.set_level(logging.DEBUG, logger="provision")
    server = start()
    token = stand_in.issue("a-token-that-no-log-may-hold")
    server.call(token, "add_numbers", a=987654, b=1)
    server.post("a-refused-token-that-no-log-may-hold")
    stand_in.failure = OSError("down")
    server.post(token + "x")
    written = server.audit_text() + "".join(capfd.readouterr())
    for secret in ("a-secret-that-no-log-may-hold", token, "a-refused-token", "987654"):
        assert secret not in written
        assert secret not in " ".join(
            record.getMessage() for record in caplog.records if "provision" in record.name
        )


def test_a_tool_name_cannot_forge_a_line(server, stand_in):
    server.call(stand_in.issue(), 'x"}\n{"event": "tool_call", "subject": "admin"' + "y" * 500)
    (line,) = server.audit()
    assert line["subject"] == "subject-1"
    assert len(line["tool"]) == 100


def test_only_the_owner_reads_the_trail(server, stand_in, settings_document, tmp_path):
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600
