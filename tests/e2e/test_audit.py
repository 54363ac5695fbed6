"""``provision audit`` on a stack that is up: what others change in its realm is found, by the stack's own names."""

from __future__ import annotations

import json

import pytest

from provision.config.yaml_file import dump, load
from tests.support.administrator import administrator
from tests.support.stack_cli import StackCli


@pytest.fixture
def spoilt(shared):
    """The stack's own client takes passwords, and so does one that somebody made."""
    session, realm = administrator(shared)
    (client,) = session.get(realm, "clients", clientId="mcp-client")
    session.put(realm, "clients", client["id"], body={**client, "directAccessGrantsEnabled": True})
    other = session.post(
        realm,
        "clients",
        body={"clientId": "by-hand", "publicClient": True, "directAccessGrantsEnabled": True},
    )
    yield
    session.put(realm, "clients", client["id"], body=client)
    session.delete(realm, "clients", other)


def broken(report):
    return {item["resource"] for item in report["findings"] if item["rule"] == "client-password-grant"}


def test_a_fresh_stack_breaks_no_rule(shared):
    report = shared.json("audit")
    assert [item for item in report["findings"] if item["level"] == "mandatory"] == []
    assert report["profile"] == "test"


def test_what_others_changed_is_found(shared, spoilt):
    report = shared.json("audit", code=3)
    own, other = sorted(broken(report), reverse=True)
    assert own.startswith("urn:pulumi:test::")
    assert own.endswith("provision:keycloak:Client::mcp-client")
    assert other == "client by-hand in realm mcp-test"
    shown = shared.run("audit", code=3).stdout
    assert "• client mcp-client in realm mcp-test: takes its users' passwords" in shown
    assert "• client by-hand in realm mcp-test: takes its users' passwords" in shown
    assert "directAccessGrants = true" in shown


def test_the_stack_file_says_what_is_waived(shared, spoilt):
    file = shared.project / "Pulumi.test.yaml"
    before = file.read_text()
    document = load(file)
    document["config"]["provision:rules"] = {
        "waivers": [
            {
                "rule": "client-password-grant",
                "resource": "*::mcp-client",
                "reason": "an old desktop program",
                "expires": "2999-12-31",
            }
        ]
    }
    file.write_text(dump(document))
    try:
        report = shared.json("audit", code=3)
    finally:
        file.write_text(before)
    assert broken(report) == {"client by-hand in realm mcp-test"}
    assert [item["waived"]["reason"] for item in report["waived"]] == ["an old desktop program"]


def test_no_report_holds_a_secret(shared, spoilt):
    outputs = shared.json("status", "--show-secrets")
    secrets = [outputs["admin"]["client_secret"], outputs["demo_user"]["password"]]
    secrets += [server["introspection"]["client_secret"] for server in outputs["servers"]]
    for form in ("text", "json", "sarif", "junit"):
        report = shared.run("audit", "--format", form, code=3)
        assert [secret for secret in secrets if secret in report.stdout + report.stderr] == []


def test_an_audit_changes_nothing(shared):
    shared.json("audit")
    assert shared.json("preview", "--refresh")["changes"] == []


def test_a_stack_that_is_not_up_is_an_error(tmp_path):
    other = StackCli(tmp_path, stack="test-other")
    document = json.loads(other.run("audit", "--json", code=1).stdout)
    assert "is not up" in document["error"]["what"]
