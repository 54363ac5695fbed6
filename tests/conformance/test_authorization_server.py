"""The official conformance suite against the realm's issuer, with a login in a browser."""

import pytest

from tests.conformance.suite import REVISIONS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_metadata_is_as_it_must_be(authorization_findings, baseline, revision):
    finding = authorization_findings[revision]
    assert finding.exit_code == 0, finding.said
    scenario = finding.scenarios["authorization-server-metadata-endpoint"]
    assert ("authorization-server-metadata", "SUCCESS") in scenario.checks
    assert finding.not_passed == baseline.authorization


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_user_who_logs_in_brings_the_client_a_code_that_becomes_a_token(authorization_findings, revision):
    finding = authorization_findings[revision]
    # The suite skips this scenario where it lacks something, and is content.
    assert finding.scenarios["authorization-code-grant"].checks == (
        ("authorization-code-grant", "SUCCESS"),
    ), finding.said
