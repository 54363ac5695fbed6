"""The operator of a server tells an audit its settings, by the file that the server reads."""

from __future__ import annotations

import json

import pytest

from provision._lib.errors import UsageError
from provision.config.rules import RulesConfig
from provision.rules.evaluation import evaluate
from provision.rules.sources import export
from provision.rules.sources.server_files import with_servers
from tests.support.realm_export import REALM

SETTINGS = {
    "name": "calculator",
    "url": "https://mcp.example.org/mcp",
    "issuer": "https://login.example.org/realms/shop",
    "verifier": "introspection",
    "scopes": ["mcp:tools"],
}


@pytest.fixture
def snapshot(tmp_path):
    file = tmp_path / "realm.json"
    file.write_text(json.dumps(REALM))
    return export.snapshot(file, "prod")


def test_rules_about_servers_are_told_by_the_file(snapshot, tmp_path):
    file = tmp_path / "server.json"
    file.write_text(json.dumps({**SETTINGS, "url": "http://mcp.example.org/mcp"}))
    before = {item.rule.id for item in evaluate(snapshot, RulesConfig()).inconclusive}
    assert "server-plain-http" in before
    report = evaluate(with_servers(snapshot, [file]), RulesConfig())
    found = {item.resource for item in report.findings if item.rule.id == "server-plain-http"}
    assert found == {"MCP server calculator"}
    assert "server-plain-http" not in {item.rule.id for item in report.inconclusive}


def test_several_servers_and_yaml(snapshot, tmp_path):
    files = []
    for name in ("one", "two"):
        files.append(tmp_path / f"{name}.yaml")
        files[-1].write_text(
            "".join(f"{key}: {json.dumps(value)}\n" for key, value in {**SETTINGS, "name": name}.items())
        )
    servers = with_servers(snapshot, files).of_kind("McpServer")
    assert [server.get("name") for server in servers] == ["one", "two"]
    assert {server.get("audience") for server in servers} == {SETTINGS["url"]}


def test_without_a_file_nothing_is_known_of_servers(snapshot):
    assert with_servers(snapshot, []) is snapshot


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({**SETTINGS, "verifer": "jwt"}, "no setting 'verifer'"),
        ({"name": "calculator"}, "url must be given"),
        ({**SETTINGS, "issuer": 3}, "issuer must be given"),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused(snapshot, tmp_path, settings, words):
    file = tmp_path / "server.json"
    file.write_text(json.dumps(settings))
    with pytest.raises(UsageError, match=words):
        with_servers(snapshot, [file])
