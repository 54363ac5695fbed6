"""From nothing to an MCP client that calls a tool, and back to nothing."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from provision.keycloak.api.session import Session
from provision.keycloak.connection import Connection
from tests.support.stack_cli import StackCli, alive, kill


@pytest.fixture(scope="module")
def outputs(live: StackCli):
    return live.json("status", "--show-secrets")


@pytest.fixture
def admin(outputs) -> Session:
    url = outputs["issuer"].partition("/realms/")[0]
    return Session(
        Connection(
            url=url, client_id=outputs["admin"]["client_id"], client_secret=outputs["admin"]["client_secret"]
        )
    )


def test_up_prints_the_contracts_outputs_and_no_secret_unless_asked(live, outputs):
    shown = live.json("up")
    assert shown["realm"] == "mcp-test"
    assert shown["servers"][0]["url"].endswith("/mcp")
    assert shown["clients"] == [{"client_id": "mcp-client"}]
    text = json.dumps(shown)
    for secret in (outputs["admin"]["client_secret"], outputs["demo_user"]["password"]):
        assert secret not in text
    assert live.json("up", "--show-secrets")["admin"] == outputs["admin"]


def test_a_preview_straight_after_an_up_is_empty(live):
    assert live.json("preview")["changes"] == []
    assert live.json("preview", "--refresh")["changes"] == []


def test_drift_is_named_field_by_field_and_repaired(live, outputs, admin):
    assert live.json("drift") == {"changes": [], "added": []}
    realm = outputs["realm"]
    (client,) = admin.get(realm, "clients", clientId="mcp-client")
    (user,) = admin.get(realm, "users", username="demo", exact="true")
    admin.put(realm, "clients", client["id"], body={**client, "consentRequired": False})
    admin.delete(realm, "users", user["id"])
    found = {change["name"]: change for change in live.json("drift", code=3)["changes"]}
    assert found["mcp-client"]["fields"] == [
        {"path": "consentRequired", "before": False, "after": True, "cause": "world"}
    ]
    assert (found["demo-user"]["op"], found["demo-user"]["cause"]) == ("create", "world")
    assert len(found) == 2
    said = live.run("drift", code=3).stdout
    assert "≠ client mcp-client  changed by somebody else" in said
    assert "consentRequired: False, declared True" in said
    assert "≠ user demo  gone" in said
    live.run("up", "--refresh")
    assert live.json("drift") == {"changes": [], "added": []}


def test_a_field_that_nobody_declared_is_drift_and_put_back(live, outputs, admin):
    realm = outputs["realm"]
    (client,) = admin.get(realm, "clients", clientId="mcp-client")
    admin.put(realm, "clients", client["id"], body={**client, "webOrigins": ["*"], "enabled": False})
    admin.put(realm, body={**admin.get(realm), "passwordPolicy": "length(1)", "failureFactor": 100000})
    policies = admin.get(realm, "client-policies", "policies")
    off = [{**item, "enabled": False} for item in policies["policies"]]
    admin.put(realm, "client-policies", "policies", body={"policies": off})
    found = {change["name"]: change["fields"] for change in live.json("drift", code=3)["changes"]}
    before = {name: {item["path"]: item["after"] for item in fields} for name, fields in found.items()}
    assert before == {
        "mcp-client": {"enabled": True, "webOrigins": []},
        "realm": {"failureFactor": 30, "passwordPolicy": ""},
        "mcp-pkce": {"enabled": True},
        "mcp-registered": {"enabled": True},
    }
    live.run("up", "--refresh")
    assert live.json("drift") == {"changes": [], "added": []}
    assert admin.get(realm)["failureFactor"] == 30


def test_what_others_added_is_named_and_taken_away_only_when_asked(live, outputs, admin):
    realm = outputs["realm"]
    (scope,) = (item for item in admin.get(realm, "client-scopes") if item["name"] == "mcp:tools")
    mapper = {
        "name": "theirs",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-role-mapper",
        "config": {"role": "realm-management.realm-admin"},
    }
    admin.post(realm, "client-scopes", scope["id"], "protocol-mappers", "models", body=mapper)
    admin.post(realm, "roles", body={"name": "theirs"})
    shown = live.json("drift", "--all", code=3)
    token, owner = "provision:keycloak:GenericProtocolMapper", f"client scope mcp:tools in realm {realm}"
    added = {"type": token, "id": f"{realm}/mcp:tools//theirs", "owner": owner}
    assert (shown["changes"], shown["added"]) == ([], [added])
    assert f"{realm}/theirs" in {item["id"] for item in shown["unmanaged"]}
    said = live.run("drift", code=3).stdout
    assert f"+ generic protocol mapper mcp:tools/theirs in realm {realm}  added to the {owner}" in said
    live.run("up", "--refresh")
    assert live.json("drift", code=3)["added"] == [added]
    assert live.json("up", "--prune")["pruned"] == [added]
    assert live.json("drift") == {"changes": [], "added": []}
    admin.delete(realm, "roles", "theirs")


def test_every_proof_holds(live):
    proofs = live.json("verify")["proofs"]
    assert len(proofs) >= 15
    assert [proof for proof in proofs if not proof["ok"]] == []


def test_a_failing_proof_gives_exit_code_3(live, outputs, admin):
    realm = outputs["realm"]
    (user,) = admin.get(realm, "users", username="demo", exact="true")
    admin.put(realm, "users", user["id"], body={"enabled": False})
    try:
        proofs = live.json("verify", "login", code=3)["proofs"]
    finally:
        admin.put(realm, "users", user["id"], body={"enabled": True})
    assert [proof["id"] for proof in proofs if not proof["ok"]] == ["login"]


def test_what_an_admin_changes_is_seen_by_a_refresh_and_repaired_by_up(live, outputs, admin):
    realm = outputs["realm"]
    scope = next(item for item in admin.get(realm, "client-scopes") if item["name"] == "mcp:tools")
    admin.put(realm, "client-scopes", scope["id"], body={**scope, "description": "changed by hand"})
    (mapper,) = [item for item in scope["protocolMappers"] if item["name"] == "audience-config"]
    admin.delete(realm, "client-scopes", scope["id"], "protocol-mappers", "models", mapper["id"])

    assert live.json("preview")["changes"] == []
    changes = {change["name"]: change for change in live.json("preview", "--refresh")["changes"]}
    assert changes["mcp:tools"]["op"] == "update"
    assert changes["mcp:tools"]["fields"][0]["path"] == "description"
    assert changes["mcp:tools"]["fields"][0]["before"] == "changed by hand"
    assert changes["mcp:tools-audience"]["op"] == "create"

    live.run("up", "--refresh")
    assert live.json("preview", "--refresh")["changes"] == []
    assert live.json("verify", "token")["proofs"][-1]["ok"]


def test_what_died_is_started_again_and_its_data_is_kept(live, outputs, admin):
    admin.post(outputs["realm"], "users", body={"username": "kept", "enabled": True})
    before = live.processes()
    time.sleep(1)  # Keycloak's file database writes what was committed within half a second
    kill(before["keycloak"])
    status = live.run("status", code=1)
    assert "NOT RUNNING" in status.stdout
    changes = live.json("preview")["changes"]
    assert [change["name"] for change in changes] == ["keycloak"]
    live.run("up")
    after = live.processes()
    assert after["keycloak"] not in {None, before["keycloak"]}
    assert after["calculator"] == before["calculator"], "what did not die is left alone"
    assert admin.get(outputs["realm"], "users", username="kept", exact="true")


def test_a_refresh_does_not_need_a_keycloak_that_died(live):
    kill(live.processes()["keycloak"])
    said = live.run("up", "--refresh").stderr
    assert "not looked at" in said
    assert live.json("preview", "--refresh")["changes"] == []


def test_a_server_that_died_is_started_again(live):
    before = live.processes()
    kill(before["calculator"])
    live.run("up")
    after = live.processes()
    assert after["calculator"] not in {None, before["calculator"]}
    assert after["keycloak"] == before["keycloak"]


def test_lost_data_is_made_anew_by_a_plain_up(live, outputs):
    import shutil

    kill(live.processes()["keycloak"])
    (home,) = live.data.glob("*/stacks/test/keycloak")
    shutil.rmtree(home)
    live.run("up")
    assert live.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in live.json("verify")["proofs"])


def test_no_secret_is_in_clear_in_files_logs_arguments_or_environments(live):
    shown = live.json("status", "--show-secrets")
    secrets = {
        "admin": shown["admin"]["client_secret"],
        "introspection": shown["servers"][0]["introspection"]["client_secret"],
        "demo user": shown["demo_user"]["password"],
    }
    assert all(len(value) >= 16 for value in secrets.values())
    pids = [pid for pid in live.processes().values() if pid]
    for pid in pids:
        process = psutil.Process(pid)
        said = " ".join(process.cmdline()) + json.dumps(process.environ())
        assert [name for name, value in secrets.items() if value in said] == []
    readable = [path for path in live.folder.rglob("*") if path.is_file() and not _is_for_its_process(path)]
    assert any(path.name == "test.json" for path in readable), "the state is among the files"
    for path in readable:
        content = path.read_bytes()
        assert [name for name, value in secrets.items() if value.encode() in content] == [], path


def _is_for_its_process(path: Path) -> bool:
    """The one file by which the server gets its secret; nobody but its user can read it."""
    if path.name != "introspection-client-secret":
        return "/keycloak/server/data/h2/" in str(path)  # Keycloak's own database
    assert path.stat().st_mode & 0o377 == 0o000 or path.stat().st_mode & 0o777 == 0o400
    return True


def test_logs_show_what_the_processes_wrote(live):
    assert "Keycloak" in live.run("logs", "keycloak", "-n", "500").stdout
    assert "calculator serves http://localhost:" in live.run("logs", "calculator", "-n", "500").stdout
    assert "\ncalculator | " in live.run("logs").stdout or live.run("logs").stdout.startswith("calculator | ")
    assert "It has: " in live.run("logs", "nothing", code=2).stderr


def test_keycloak_and_server_listen_on_loopback_only(live, outputs):
    for pid in live.processes().values():
        listening = [item for item in psutil.Process(pid).net_connections("inet") if item.status == "LISTEN"]
        assert listening
        assert {item.laddr.ip for item in listening} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_down_leaves_no_process_port_file_or_record(stack):
    outputs = stack.json("up")
    pids = stack.processes().values()
    stack.run("down")
    assert not any(alive(pid) for pid in pids)
    for url in (outputs["issuer"], outputs["servers"][0]["url"]):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(url).port)) != 0
    assert list(stack.data.glob("*/stacks/test/*")) == []
    assert stack.json("status")["up"] is False
    stack.run("up")
    stack.run("down", "--remove")
    assert list(stack.data.rglob("*test*")) == []
    assert stack.run("down", "--remove").returncode == 0, "removing twice is fine"


def test_a_clean_clone_stays_clean(live):
    for file in (live.project).iterdir():
        if file.is_file():
            original = Path(__file__).parents[2] / "stacks" / file.name
            assert file.read_bytes() == original.read_bytes()


def test_two_copies_of_the_throw_away_stack_run_side_by_side(tmp_path):
    copies = [StackCli(tmp_path, f"test-{name}") for name in "ab"]
    try:
        running = [copy.begin("up", "--json") for copy in copies]
        outputs = [json.loads(process.communicate(timeout=150)[0]) for process in running]
        assert [process.returncode for process in running] == [0, 0]
        assert len({item["issuer"] for item in outputs}) == 2
        copies[0].run("down", "--remove")
        assert httpx.get(f"{outputs[1]['issuer']}/.well-known/openid-configuration").status_code == 200
        assert all(proof["ok"] for proof in copies[1].json("verify")["proofs"])
    finally:
        for copy in copies:
            copy.clean_up()
