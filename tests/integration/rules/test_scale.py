"""A large realm is read in few requests, whatever the number of its clients."""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.rules.evaluation import evaluate
from provision.rules.sources import live

COUNT = 1000
AT_ONCE = 200
AUDIENCE = {
    "name": "audience",
    "protocol": "openid-connect",
    "protocolMapper": "oidc-audience-mapper",
    "config": {"included.custom.audience": "https://example.org", "access.token.claim": "true"},
}


def client(number):
    return {
        "clientId": f"client-{number}",
        "publicClient": number % 20 != 0,
        "serviceAccountsEnabled": number % 20 == 0,
        "directAccessGrantsEnabled": number == COUNT - 1,
        "redirectUris": [f"https://client-{number}.example.org/callback"],
        "protocolMappers": [AUDIENCE],
    }


@pytest.fixture(scope="module")
def large(session):
    name = "large"
    session.delete(name)
    session.post("", body={"realm": name, "enabled": True})
    for first in range(0, COUNT, AT_ONCE):
        clients = [client(number) for number in range(first, first + AT_ONCE)]
        session.post(name, "partialImport", body={"ifResourceExists": "FAIL", "clients": clients})
    yield name
    session.delete(name)


def test_a_thousand_clients_are_audited_page_by_page(session, large, counted):
    with counted() as sent:
        seen = live.snapshot(session, large, "prod")
        report = evaluate(seen, RulesConfig())
    names = {resource.get("clientId") for resource in seen.of_kind("Client")}
    assert {f"client-{number}" for number in range(COUNT)} <= names
    assert len(seen.of_kind("AudienceMapper")) == COUNT
    assert f"client client-{COUNT - 1} in realm {large}" in {finding.resource for finding in report.findings}
    assert len(sent) < 60


def test_a_further_client_costs_no_request(session, large, counted):
    def requests():
        with counted() as sent:
            live.snapshot(session, large, "prod")
        return len(sent)

    before = requests()
    added = session.post(large, "clients", body=client(COUNT + 1))  # the last page was not full
    try:
        assert requests() == before
    finally:
        session.delete(large, "clients", added)
