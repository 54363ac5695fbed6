"""One subject cannot keep the server busy for itself."""

from __future__ import annotations

from types import SimpleNamespace

import httpx2
import pytest

from provision.server import allowance


@pytest.fixture
def clock(monkeypatch):
    """Time stands still unless a test moves it."""

    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(allowance, "monotonic", lambda: clock.now)
    return clock


def test_more_than_the_burst_gets_429_and_when_to_come_back(start, stand_in, clock):
    server = start(requests_per_minute=6, burst_requests=2)
    token = stand_in.issue()
    assert [server.post(token).status_code for _ in range(3)] == [200, 200, 429]
    answer = server.post(token)
    assert answer.headers["Retry-After"] == "10"
    assert answer.json()["error"] == "too_many_requests"
    assert answer.json()["correlation_id"] == answer.headers["X-Correlation-ID"]
    line = server.audit("refusal")[-1]
    assert (line["reason"], line["status"]) == ("rate_limited", 429)
    assert (line["subject"], line["client"]) == ("subject-1", "client-1")
    assert line["correlation_id"] == answer.json()["correlation_id"]
    clock.now += 10
    assert [server.post(token).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("per_minute", [600, 100_000])
def test_the_time_to_wait_is_never_zero(start, stand_in, clock, per_minute):
    server = start(requests_per_minute=per_minute, burst_requests=1)
    server.post(stand_in.issue())
    assert server.post(stand_in.issue()).headers["Retry-After"] == "1"


def test_in_the_long_run_it_is_so_many_a_minute(start, stand_in, clock):
    server = start(requests_per_minute=60, burst_requests=5)
    token = stand_in.issue()
    answered = 0
    for _ in range(240):  # two minutes, twice as fast as allowed
        answered += server.post(token).status_code == 200
        clock.now += 0.5
    assert 120 <= answered <= 125


def test_a_limited_call_does_not_reach_the_tool(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1)
    call = {"method": "tools/call", "params": {"name": "add_numbers", "arguments": {"a": 1, "b": 2}}}
    assert [server.post(stand_in.issue(), **call).status_code for _ in range(3)] == [200, 429, 429]
    assert len(server.audit("tool_call")) == 1


def test_the_subject_is_counted_whatever_token_it_shows(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1)
    assert server.post(stand_in.issue("one")).status_code == 200
    assert server.post(stand_in.issue("two", azp="other", client_id="other")).status_code == 429
    assert server.post(stand_in.issue("three", sub="subject-2")).status_code == 200


def test_without_a_subject_the_client_is_counted_and_takes_nobody_elses_place(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1)
    assert server.post(stand_in.issue("one", sub=None, client_id="subject-1")).status_code == 200
    assert server.post(stand_in.issue("two", sub=None, client_id="subject-1")).status_code == 429
    assert server.post(stand_in.issue("three", sub="subject-1")).status_code == 200


def test_a_request_without_the_scope_counts_too(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1)
    token = stand_in.issue(scope="openid")
    assert [server.post(token).status_code for _ in range(2)] == [403, 429]


def test_who_has_no_good_token_is_neither_counted_nor_takes_room(start, stand_in, clock, monkeypatch):
    monkeypatch.setattr(allowance, "KEYS", 1)
    server = start(requests_per_minute=1, burst_requests=1)
    assert server.post(stand_in.issue()).status_code == 200
    for number in range(5):
        assert server.post().status_code == 401
        assert server.post(f"garbage-{number}").status_code == 401
    assert server.post(stand_in.issue()).status_code == 429, "the one subject is still known"


def test_health_and_metadata_are_not_limited(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1)
    for _ in range(3):
        server.post(stand_in.issue())
        assert server.http.get("/health/live").status_code == 200
        assert server.http.get("/health/ready").status_code == 200
        assert server.http.get("/.well-known/oauth-protected-resource").status_code == 200


def test_no_more_subjects_are_remembered_than_fit(start, stand_in, clock, monkeypatch):
    monkeypatch.setattr(allowance, "KEYS", 2)
    server = start(requests_per_minute=1, burst_requests=1)
    for name in "abc":
        stand_in.issue(name, sub=name)
    # b makes room for c, since a was seen later.
    assert [server.post(name).status_code for name in "abacab"] == [200, 200, 429, 200, 429, 200]


def test_0_switches_it_off(start, stand_in):
    server = start(requests_per_minute=0, burst_requests=1)
    token = stand_in.issue()
    assert {server.post(token).status_code for _ in range(20)} == {200}


def test_an_outage_is_not_counted_against_anybody(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1)
    token = stand_in.issue()
    stand_in.failure = httpx2.ConnectError("refused")
    assert server.post(token).status_code == 503
    stand_in.failure = None
    assert server.post(token).status_code == 200


def test_a_page_of_an_allowed_origin_can_read_when_to_come_back(start, stand_in, clock):
    server = start(requests_per_minute=1, burst_requests=1, allowed_origins=["https://inspector.example"])
    origin = {"Origin": "https://inspector.example"}
    server.post(stand_in.issue(), headers=origin)
    answer = server.post(stand_in.issue(), headers=origin)
    assert answer.status_code == 429
    assert answer.headers["Access-Control-Allow-Origin"] == "https://inspector.example"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
