"""Servers of one's own in the place of the reference server: the programs of docs/servers.md."""

from __future__ import annotations

import json
import sys

import pytest

from provision.verify.mcp_session import McpSession
from tests.support.outside import logged_in, outside
from tests.support.stack_cli import ROOT, kill

_EXAMPLES = ROOT / "docs" / "examples"
_FILE = f"""\
config:
  provision:profile: test
  provision:realm: {{name: mcp-test}}
  provision:servers:
    - name: with-fastmcp
      command: [{sys.executable}, {_EXAMPLES}/own_fastmcp.py]
    - name: with-sdk
      verifier: jwt
      command: [{sys.executable}, {_EXAMPLES}/own_sdk.py]
      toolScopes: {{forecast: ["mcp:weather:forecast"]}}
"""


@pytest.fixture(scope="module")
def own(live):
    (live.project / "Pulumi.test.yaml").write_text(_FILE)
    live.run("up")
    return live


def test_every_proof_holds_for_both(own):
    assert own.json("preview", "--refresh")["changes"] == []
    proofs = own.json("verify")["proofs"]
    assert [proof for proof in proofs if not proof["ok"]] == []
    shown = {(proof["server"], proof["id"]) for proof in proofs}
    assert {("with-sdk", "step-up"), ("with-fastmcp", "refused-other-server")} <= shown
    sessions = {proof["server"]: proof["detail"] for proof in proofs if proof["id"] == "session-identity"}
    bound = "401 for a session's id without a token, HTTP 404 with another subject's"
    assert sessions == {"with-sdk": bound, "with-fastmcp": bound}


def test_the_proofs_call_no_tool(own):
    (proof,) = own.json("verify", "step-up", "--server", "with-sdk")["proofs"]
    assert proof["detail"] == "forecast: 403 first, right after the step-up; no tool was called"
    calls = [
        line for line in own.json("logs", "--audit", "with-sdk")["audit"] if line["event"] == "tool_call"
    ]
    assert calls == []


def test_a_call_is_answered_and_noted(own):
    with outside(own, "with-fastmcp") as context:
        token = logged_in(context).access_token
        with McpSession(context.http, context.target.server_url, token) as session:
            assert "Sunny in Bern" in str(session.call("forecast", {"city": "Bern"}))
    lines = [
        line for line in own.json("logs", "--audit", "with-fastmcp")["audit"] if line["event"] == "tool_call"
    ]
    assert lines[-1]["tool"] == "forecast"
    assert lines[-1]["subject"]


def test_what_it_gets_is_a_file_and_no_secret_in_its_environment(own):
    import psutil

    secrets = {
        server["introspection"]["client_secret"] for server in own.json("status", "--show-secrets")["servers"]
    }
    for name in ("with-fastmcp", "with-sdk"):
        process = psutil.Process(own.processes()[name])
        seen = " ".join([*process.cmdline(), *process.environ().values()])
        assert "MCP_SETTINGS_FILE" in process.environ()
        assert not any(secret in seen for secret in secrets)


def test_its_settings_name_keycloak_by_number(own):
    issuer = own.json("status")["issuer"]
    realm = issuer.replace("localhost", "127.0.0.1")
    for name in ("with-fastmcp", "with-sdk"):
        (file,) = own.data.glob(f"*/stacks/**/{name}/settings.json")
        settings = json.loads(file.read_text())
        assert settings["issuer"] == issuer
        assert settings["introspection_url"] == f"{realm}/protocol/openid-connect/token/introspect"
        assert settings["jwks_url"] == f"{realm}/protocol/openid-connect/certs"


def test_one_that_died_is_started_again(own):
    before = own.processes()
    kill(before["with-sdk"])
    assert [change["name"] for change in own.json("preview")["changes"]] == ["with-sdk"]
    own.run("up")
    after = own.processes()
    assert after["with-sdk"] not in {None, before["with-sdk"]}
    assert after["with-fastmcp"] == before["with-fastmcp"]


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["no-such-program"], 2, "there is no program no-such-program in the folders of PATH"),
        ([sys.executable, "-c", "raise SystemExit('the weather is unknown')"], 1, "the weather is unknown"),
    ],
)
def test_one_that_does_not_start_says_why_and_the_next_up_mends_it(own, command, code, words):
    file = own.project / "Pulumi.test.yaml"
    try:
        file.write_text(_FILE.replace(f"[{sys.executable}, {_EXAMPLES}/own_fastmcp.py]", str(command)))
        said = own.run("up", code=code).stderr
        assert words in said
    finally:
        file.write_text(_FILE)
        own.run("up")
    assert [proof for proof in own.json("verify", "tools")["proofs"] if not proof["ok"]] == []
