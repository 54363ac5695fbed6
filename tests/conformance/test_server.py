"""The official conformance suite against the protected MCP server, for both revisions of the specification."""

import httpx
import pytest

from tests.conformance.suite import REVISIONS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_suite_finds_what_is_expected_and_nothing_else(server_findings, revision):
    finding = server_findings[revision]
    assert finding.exit_code == 0, finding.said.partition("=== SUMMARY ===")[2]


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_scenario_that_the_revision_requires_was_run(server_findings, suite, revision):
    required, only_run = suite.required(revision)
    assert server_findings[revision].scenarios.keys() == {*required, *only_run}


def test_whatever_is_expected_to_fail_does_fail(server_findings, baseline):
    # The suite itself bears with a check of the list that it does not come to.
    assert frozenset().union(*(finding.not_passed for finding in server_findings.values())) == baseline.server


def test_there_is_a_reason_for_each_failure_and_a_failure_for_each_reason(baseline):
    failing = {check.partition(":")[0] for check in baseline.server | baseline.authorization}
    assert {name for name in failing if not baseline.reason(name)} == set()
    assert set(baseline.reasons.values()) == {baseline.reason(name) for name in failing}


def test_passes_that_show_nothing_are_named_as_such(server_findings, baseline):
    scenarios = [item for finding in server_findings.values() for item in finding.scenarios.values()]
    assert {item.name for item in scenarios if item.looked_at_nothing} <= baseline.vacuous.keys()
    assert baseline.vacuous.keys() <= {item.name for item in scenarios if not item.not_passed}


def test_the_server_lets_nobody_in_without_the_token_that_the_suite_was_given(server):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    assert httpx.post(server.url, json=message).status_code == 401
