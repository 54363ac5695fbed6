"""What Prometheus gets to see."""

from __future__ import annotations

import httpx2
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def server(start):
    return start(metrics=True)


def _metrics(server) -> dict[tuple[str, ...], float]:
    answer = server.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return _samples(answer.text)


def _samples(text: str) -> dict[tuple[str, ...], float]:
    """Name of each sample and the values of its labels, in the order of their names, with its value."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_calls_are_counted_by_tool_and_outcome_and_timed(server, stand_in):
    token = stand_in.issue()
    server.call(token, "add_numbers", a=1, b=2)
    server.call(token, "add_numbers", a=1, b=2)
    server.call(token, "multiply_numbers", x=1e200, y=1e200)
    metrics = _metrics(server)
    assert metrics["mcp_tool_calls_total", "ok", "add_numbers"] == 2
    assert metrics["mcp_tool_calls_total", "error", "multiply_numbers"] == 1
    assert metrics["mcp_tool_call_duration_seconds_count", "add_numbers"] == 2
    assert 0 < metrics["mcp_tool_call_duration_seconds_sum", "add_numbers"] < 10
    assert metrics["mcp_requests_in_flight",] == 0


def test_refusals_are_counted_by_reason(server, stand_in):
    server.post()
    server.post()
    server.post(stand_in.issue(iss="http://other"))
    metrics = _metrics(server)
    assert metrics["mcp_refusals_total", "no_token"] == 2
    assert metrics["mcp_refusals_total", "wrong_issuer"] == 1


def test_questions_and_outages_are_told_apart(server, stand_in):
    server.post(stand_in.issue())
    stand_in.failure = httpx2.ConnectError("refused")
    server.post("another")
    stand_in.failure = httpx2.Response(401, json={})
    server.post("another")
    metrics = _metrics(server)
    assert metrics["mcp_authorization_server_requests_total", "answered"] == 1
    assert metrics["mcp_authorization_server_requests_total", "unreachable"] == 1
    assert metrics["mcp_authorization_server_requests_total", "status"] == 1
    assert metrics["mcp_refusals_total", "authorization_server_unreachable"] == 1
    assert metrics["mcp_refusals_total", "authorization_server_status"] == 1


def test_signature_checks_ask_for_the_key_set_only(start, stand_in):
    server = start(metrics=True, verifier="jwt")
    for _ in range(3):
        assert server.post(stand_in.sign()).status_code == 200
    assert _metrics(server)["mcp_authorization_server_requests_total", "answered"] == 1


def test_a_request_under_way_is_seen(server, stand_in, monkeypatch):
    seen = []
    answer = type(stand_in).handle_async_request

    async def look(self, request):
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=server.http.app)) as http:
            page = await http.get("http://localhost:3000/metrics")
        seen.append(_samples(page.text)["mcp_requests_in_flight",])
        return await answer(self, request)

    monkeypatch.setattr(type(stand_in), "handle_async_request", look)
    server.post(stand_in.issue())
    assert seen == [1]


def test_a_fault_is_counted(server, stand_in, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("provision.server.tools._calculation", broken)
    server.call(stand_in.issue(), "add_numbers", a=1, b=2)
    assert _metrics(server)["mcp_faults_total",] == 1


def test_no_caller_can_make_the_metrics_grow_or_find_a_name_in_them(server, stand_in):
    token = stand_in.issue()
    server.call(token, "no_such_tool")
    before = len(_metrics(server))
    for number in range(5):
        server.call(token, f"no_such_tool_{number}")
        server.post(token, method=f"no/such/{number}")
        server.http.get(f"/no-such-path-{number}")
    metrics = _metrics(server)
    assert metrics["mcp_tool_calls_total", "error", "other"] == 6
    assert len(metrics) == before
    text = server.http.get("/metrics").text
    for name in ("no_such_tool", "subject-1", "client-1"):
        assert name not in text


def test_two_servers_in_one_process_count_apart_and_not_globally(start, stand_in):
    one, other = start(metrics=True), start(metrics=True)
    one.post()
    assert ("mcp_refusals_total", "no_token") in _metrics(one)
    assert ("mcp_refusals_total", "no_token") not in _metrics(other)
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("mcp_")]


def test_without_the_setting_there_are_none(start, stand_in):
    server = start()
    server.call(stand_in.issue(), "add_numbers", a=1, b=2)
    assert server.http.get("/metrics").status_code == 404
