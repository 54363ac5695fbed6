"""The project of docs/servers.md, made from nothing but that page, and what its owner does next."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from provision.verify.mcp_session import McpSession
from tests.support.outside import logged_in, outside
from tests.support.stack_cli import ROOT, StackCli

_EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weather")
    project = folder / "stacks"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: weather\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text((_EXAMPLES / "own_stack.yaml").read_text())
    (project / "weather.py").write_text((_EXAMPLES / "own_fastmcp.py").read_text())
    (project / ".venv").symlink_to(Path(sys.prefix))
    stack = StackCli(folder, stack="dev")
    try:
        stack.run("up")
        yield stack
    finally:
        stack.throw_away()


def test_it_comes_up_without_a_finding_and_every_proof_holds(own):
    said = own.run("up").stdout  # 3 if a mandatory rule were broken
    assert f"provision open --login -s dev -C {own.folder}/stacks " in said
    proofs = own.json("verify")["proofs"]
    assert [proof for proof in proofs if not proof["ok"]] == []
    assert {"step-up"} <= {proof["id"] for proof in proofs}


def test_a_restart_brings_changed_code_with_the_same_port_and_leaves_keycloak_alone(own):
    before, address = own.processes(), own.json("status")["servers"][0]["url"]
    code = own.project / "weather.py"
    code.write_text(code.read_text().replace("Sunny", "Rainy"))
    assert own.json("restart", "weather") == {"restarted": ["weather"]}
    after = own.processes()
    assert after["weather"] not in {None, before["weather"]}
    assert after["keycloak"] == before["keycloak"]
    assert own.json("status")["servers"][0]["url"] == address
    with outside(own, "weather") as context:
        token = logged_in(context, further_scopes=("mcp:weather:forecast",)).access_token
        with McpSession(context.http, context.target.server_url, token) as session:
            assert "Rainy in Bern" in str(session.call("forecast", {"city": "Bern"}))
    assert own.json("preview")["changes"] == []


def test_a_restart_of_nothing_names_what_there_is(own):
    said = own.run("restart", "wether", code=2).stderr
    assert "Stack dev has no process 'wether' to restart." in said
    assert "It has: keycloak, weather." in said


def test_a_user_for_the_console_can_log_in_until_the_next_one_is_made(own):
    address = own.json("status")["issuer"].partition("/realms/")[0]

    def status_of(user):
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": user["username"],
            "password": user["password"],
        }
        answer = httpx.post(f"{address}/realms/master/protocol/openid-connect/token", data=form)
        if answer.status_code != 200:
            return answer.status_code
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.get(f"{address}/admin/realms/mcp/users", headers=bearer).status_code

    first = own.json("open", "--login")
    assert status_of(first) == 200
    second = own.json("open", "--login")
    assert second["username"] == first["username"]
    assert (status_of(first) in {400, 401}, status_of(second)) == (True, 200)
    assert set(own.json("open")) == {"admin_console"}
    assert own.json("drift") == {"changes": [], "added": []}


def test_the_console_is_never_shown_without_a_way_to_log_in(own):
    way = f"`provision open --login -s dev -C {own.folder}/stacks` makes a user for it"
    for arguments in (("status",), ("status", "--show-secrets")):
        assert way in own.run(*arguments).stdout
    assert "not for the console" in own.run("status", "--show-secrets").stdout


def test_open_prints_the_address_and_says_when_no_browser_opens(own, tmp_path):
    noisy = tmp_path / "xdg-open"
    noisy.write_text("#!/bin/sh\necho noise\necho noise >&2\nexit 3\n")
    noisy.chmod(0o755)
    own.environment["PATH"] = f"{tmp_path}:/usr/bin:/bin"
    try:
        done = own.run("open")
    finally:
        own.environment.clear()
    assert done.stdout.splitlines()[0] == own.json("open")["admin_console"]
    assert "No browser could be opened" in done.stderr
    assert "noise" not in done.stdout + done.stderr
