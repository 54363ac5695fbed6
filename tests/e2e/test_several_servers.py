"""Several MCP servers in one realm, and the way from one to several and back."""

from __future__ import annotations

import json

import pytest

_SEVERAL = """\
config:
  provision:profile: test
  provision:realm: {name: mcp-test}
  provision:servers:
    - {name: calculator, scope: {name: "mcp:tools"}, clientId: mcp-server}
    - {name: weather, verifier: jwt}
"""


def proofs(stack, *arguments):
    return stack.json("verify", *arguments)["proofs"]


def write(stack, text):
    (stack.project / "Pulumi.test.yaml").write_text(text)
    stack.run("up")
    assert stack.json("preview", "--refresh")["changes"] == []


@pytest.fixture
def several(live):
    """A stack that had one server before."""
    if "provision:servers" not in (live.project / "Pulumi.test.yaml").read_text():
        write(live, _SEVERAL)
    return live


def test_a_token_for_one_server_is_refused_by_the_other(several):
    results = proofs(several)
    assert [proof for proof in results if not proof["ok"]] == []
    for server in ("calculator", "weather"):
        assert "refused-other-server" in [proof["id"] for proof in results if proof["server"] == server]


def test_each_has_its_own_audience_scope_and_introspection_client(several):
    first, second = several.json("status", "--show-secrets")["servers"]
    assert (first["scopes"], second["scopes"]) == (["mcp:tools"], ["mcp:weather"])
    assert first["url"] != second["url"]
    assert first["introspection"]["client_id"] == "mcp-server"
    assert second["introspection"]["client_id"] == "mcp-server-weather"
    assert first["introspection"]["client_secret"] != second["introspection"]["client_secret"]


def test_the_proofs_of_one_server_can_be_asked_for(several):
    assert {proof["server"] for proof in proofs(several, "--server", "weather", "challenge")} == {"weather"}
    said = several.run("verify", "--server", "wether", code=2).stderr
    assert "The stack has calculator, weather." in said


def test_a_client_is_told_of_all_servers_or_of_one(several):
    both = several.json("client-config", "claude-code")
    assert list(both["content"]["mcpServers"]) == ["calculator", "weather"]
    assert both["command"].count("claude mcp add") == 2
    one = several.json("client-config", "vscode", "--server", "weather")["content"]
    assert list(one["servers"]) == ["weather"]


def test_one_of_several_has_its_secret_set_by_its_place(several):
    own = "the-secret-of-the-weather"
    several.run("secret", "set", "servers[1].introspectionClientSecret", stdin=f"{own}\n")
    assert own not in (several.project / "Pulumi.test.yaml").read_text()
    several.run("up")
    shown = {server["name"]: server for server in several.json("status", "--show-secrets")["servers"]}
    assert shown["weather"]["introspection"]["client_secret"] == own
    assert shown["calculator"]["introspection"]["client_secret"] != own
    assert [proof for proof in proofs(several, "introspection") if not proof["ok"]] == []
    said = several.run("secret", "set", "servers[2].introspectionClientSecret", stdin="x" * 20, code=2).stderr
    assert "has no servers[2]" in said


def test_the_last_of_several_servers_is_one_that_every_token_is_for(several):
    write(several, _SEVERAL.partition("  provision:servers")[0])
    shown = several.json("status")
    assert [server["name"] for server in shown["servers"]] == ["calculator"]
    assert "weather" not in json.dumps(shown["processes"])
    assert [proof for proof in proofs(several) if not proof["ok"]] == []
