"""A server that gets another name, or the place of another one: its client, its tokens and its port go on."""

from __future__ import annotations

import pytest

from tests.support.backups import admin_api
from tests.support.stack_cli import alive

pytestmark = pytest.mark.timeout(600)


def _client_ids(status) -> set[str]:
    clients = admin_api(status).get(status["realm"], "clients")
    return {client["clientId"] for client in clients}


def test_a_renamed_server_keeps_its_client_its_address_and_its_proofs(stack):
    stack.change_config("name: mcp-test", "name: mcp-test\n  provision:server:\n    name: calculator")
    stack.run("up")
    before, former = stack.json("status", "--show-secrets"), stack.processes()["calculator"]
    port = before["servers"][0]["url"].rpartition(":")[2].partition("/")[0]
    stack.change_config("    name: calculator", f"    name: adder\n    port: {port}")

    stack.run("up")
    after = stack.json("status", "--show-secrets")
    assert [server["url"] for server in after["servers"]] == [server["url"] for server in before["servers"]]
    assert _client_ids(after) == _client_ids(before)
    assert not alive(former)
    assert set(stack.processes()) == {"keycloak", "adder"}
    assert stack.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in stack.json("verify")["proofs"])

    pids = stack.processes().values()
    stack.run("down", "--remove")
    assert not any(map(alive, pids))
    assert list(stack.data.glob("*/stacks/test")) == []
