"""A server that gets another name, in each runtime: its client, its tokens and its port go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.backups import admin_api
from tests.support.contained_stack import ContainedStack
from tests.support.stack_cli import alive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.docker_daemon import Docker
    from tests.support.stack_cli import StackCli

# The first run with containers builds the images.
pytestmark = pytest.mark.timeout(1200)


def _client_ids(status: dict[str, Any]) -> set[str]:
    clients = admin_api(status).get(status["realm"], "clients")
    return {client["clientId"] for client in clients}


def _goes_on_under_another_name(stack: StackCli) -> None:
    with (stack.project / "Pulumi.test.yaml").open("a") as file:
        file.write("  provision:server: {name: calculator}\n")
    stack.run("up")
    before = stack.json("status", "--show-secrets")
    port = urlsplit(before["servers"][0]["url"]).port
    stack.change_config("{name: calculator}", f"{{name: adder, port: {port}}}")

    said = stack.run("up").stderr
    assert "· client mcp-server  stays" in said
    assert "client mcp-server  deleted" not in said
    after = stack.json("status", "--show-secrets")
    assert [server["url"] for server in after["servers"]] == [server["url"] for server in before["servers"]]
    assert _client_ids(after) == _client_ids(before)
    assert {name.rpartition("-")[2] for name in stack.processes()} == {"keycloak", "adder"}
    assert stack.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in stack.json("verify")["proofs"])


def test_a_renamed_server_keeps_its_client_its_address_and_its_proofs(stack: StackCli) -> None:
    _goes_on_under_another_name(stack)
    pids = stack.processes().values()
    said = stack.run("down", "--remove").stderr
    assert "given back" not in said, "the realm goes, and everything in it"
    assert not any(map(alive, pids))
    assert list(stack.data.glob("*/stacks/test")) == []


def test_in_containers_too(docker: Docker, tmp_path: Path) -> None:
    stack = ContainedStack(tmp_path, docker)
    try:
        _goes_on_under_another_name(stack)
        stack.run("down", "--remove")
        assert stack.name not in docker.run("ps", "--all")
    finally:
        stack.clean_up()
