"""A stack that is saved, removed, and brought back on another machine: logins go on as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from provision.verify.context import Context, Run
from provision.verify.logins import logins
from tests.support.backups import (
    PASSPHRASE,
    PATIENCE_SECONDS,
    admin_api,
    failure_of_call,
    key_file,
    key_ids,
    login_goes_on,
)
from tests.support.stack_cli import StackCli, alive, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provision.verify.authorization_code import Login

_DEMO_PASSWORD = "demo-password-of-the-stack-file"


@dataclass
class Saved:
    """A stack that was saved and removed.

    Args:
        file: The backup.
        key: The options that open it.
        login: A login to a client that had registered itself.
        status: The stack's outputs.
        clients: The ids of the clients that had registered themselves.
        keys: The ids of the realm's keys.
        said: What the backup said.
        killed: What a backup that was killed had left in the backup's folder.
    """

    file: Path
    key: tuple[str, str]
    login: Login
    status: dict[str, Any]
    clients: set[str]
    keys: set[str]
    said: str
    killed: list[str]

    @property
    def server(self) -> str:
        """The URL of the MCP server."""
        return str(self.status["servers"][0]["url"])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saved]:
    folder = tmp_path_factory.mktemp("saved")
    stack, file, key = StackCli(folder), folder / "backups" / "test.age", key_file(folder)
    file.parent.mkdir()
    stack.change_config("name: mcp-test", "name: mcp-test\n    accessTokenLifespan: 900")
    stack.run("secret", "set", "demoUserPassword", stdin=f"{_DEMO_PASSWORD}\n")
    try:
        stack.run("up")
        status = stack.json("status", "--show-secrets")
        run = Run(stack.target())
        (login, *_) = logins(Context(run))  # the run is not ended, so the client and its session stay
        admin_api(status).post(
            status["realm"], "users", body={"username": "added-by-hand", "email": "a@example.org"}
        )
        keycloak = stack.processes()["keycloak"]
        _kill_when(lambda: not alive(keycloak), stack, "backup", str(file), *key)
        killed = [path.name for path in file.parent.iterdir()]
        assert "Start it: `provision up" in stack.run("backup", str(file), *key, code=1).stderr
        stack.run("up")
        assert failure_of_call(status["servers"][0]["url"], login.access_token) is None
        done = stack.run("backup", str(file), stdin=f"{PASSPHRASE}\n")
        assert failure_of_call(status["servers"][0]["url"], login.access_token) is None
        clients, keys = _clients(stack), key_ids(status)
        stack.run("down", "--remove")
        yield Saved(file, key, login, status, clients, keys, done.stderr, killed)
        run.connections.close()
    finally:
        stack.throw_away()


@pytest.fixture(scope="module")
def elsewhere(saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackCli]:
    """Another machine: an empty project folder, another data folder, another passphrase; two restores are killed."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "stacks").mkdir()
    stack, restore = StackCli(folder), ("restore", str(saved.file), *saved.key)
    try:
        wrong = stack.run("restore", str(saved.file), stdin="something else entirely\n", code=1)
        assert "the passphrase is wrong, or the file is damaged" in wrong.stderr
        assert list(stack.project.iterdir()) == [], "nothing was changed"

        with socket.create_server(("127.0.0.1", urlsplit(saved.server).port)):
            assert "is taken by process" in stack.run(*restore, code=1).stderr
        assert not any(stack.data.glob("*/stacks/*")), "nothing of the stack was touched"

        _kill_when(lambda: any(stack.data.glob("*/stacks/test/keycloak/server/data/h2/*")), stack, *restore)
        assert _restore_record(stack)["stage"] == "placing"
        assert "A restore of this stack was cut off" in stack.run("up", code=1).stderr

        _kill_when(lambda: any(stack.data.glob("*/stacks/test/keycloak/process.json")), stack, *restore)
        assert _restore_record(stack)["stage"] == "in place"

        stack.run(*restore)
        assert list(stack.data.glob("*/restores/*")) == []
        yield stack
        _goes_whole(stack)
    finally:
        stack.throw_away()


def _goes_whole(stack: StackCli) -> None:
    """Remove the restored stack; nothing of it is left."""
    pids = [pid for pid in stack.processes().values() if pid]
    assert len(pids) == 2
    stack.run("down", "--remove")
    assert not any(map(alive, pids))
    assert [path for path in stack.data.rglob("test*") if path.suffix != ".lock"] == []


def test_a_backup_is_for_this_user_only_and_says_how_long_keycloak_was_away(saved):
    assert saved.file.stat().st_mode & 0o777 == 0o600
    assert "Keycloak was away for" in saved.said
    assert [path.name for path in saved.file.parent.iterdir()] == [saved.file.name]


def test_a_backup_that_is_killed_leaves_no_file(saved):
    assert saved.killed == []


def test_a_login_goes_on_after_a_restore_on_another_machine(saved, elsewhere):
    assert elsewhere.json("preview", "--refresh")["changes"] == []
    assert elsewhere.json("drift") == {"changes": [], "added": []}
    login_goes_on(saved.status, saved.login)
    proofs = elsewhere.json("verify", "login", "tools")["proofs"]
    assert [proof for proof in proofs if not proof["ok"]] == []


def test_users_clients_keys_secrets_and_addresses_are_the_same(saved, elsewhere):
    assert elsewhere.json("status", "--show-secrets").items() >= _lasting(saved.status).items()
    users = admin_api(saved.status).get(saved.status["realm"], "users")
    assert {"added-by-hand", "demo"} <= {user["username"] for user in users}
    assert saved.login.client_id in saved.clients
    assert saved.clients <= _clients(elsewhere)
    assert key_ids(saved.status) == saved.keys


def test_secrets_are_encrypted_for_the_machine_that_they_came_to(saved, elsewhere):
    assert elsewhere.run("secret", "get", "demoUserPassword").stdout == f"{_DEMO_PASSWORD}\n"
    former, here = (
        yaml.safe_load((project / "Pulumi.test.yaml").read_text())
        for project in (saved.file.parents[1] / "stacks", elsewhere.project)
    )
    assert here["encryptionsalt"] != former["encryptionsalt"]
    assert here["config"]["provision:demoUserPassword"] != former["config"]["provision:demoUserPassword"]
    (state,) = elsewhere.data.glob("*/state/.pulumi/stacks/*/test.json")
    for secret in (saved.status["admin"]["client_secret"], _DEMO_PASSWORD):
        assert secret not in state.read_text()


def test_a_stack_that_is_here_is_replaced_only_when_asked(saved, elsewhere):
    refused = elsewhere.run("restore", str(saved.file), *saved.key, code=2)
    assert "is here already" in refused.stderr
    unasked = elsewhere.run("restore", str(saved.file), *saved.key, "--replace", code=2)
    assert "Say --yes" in unasked.stderr
    realm, admin = saved.status["realm"], admin_api(saved.status)
    admin.post(realm, "roles", body={"name": "made-after-the-backup"})
    restore = ("restore", str(saved.file), *saved.key, "--replace", "--yes")
    keycloak = elsewhere.processes()["keycloak"]
    _kill_when(lambda: not alive(keycloak), elsewhere, *restore)
    assert _restore_record(elsewhere)["stage"] == "removing"
    assert "A restore of this stack was cut off" in elsewhere.run("up", code=1).stderr
    elsewhere.run(*restore)
    assert "made-after-the-backup" not in {
        role["name"] for role in admin_api(saved.status).get(realm, "roles")
    }
    assert elsewhere.json("preview")["changes"] == []


def _kill_when(reached: Callable[[], bool], stack: StackCli, *command: str) -> None:
    """Begin a command and kill it, with the engine that it has started, as soon as ``reached()`` is true."""
    process = stack.begin(*command)

    def is_there() -> bool:
        assert process.poll() is None, "it was done before it could be killed"
        return reached()

    until(is_there, "the moment of the kill", PATIENCE_SECONDS)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _restore_record(stack: StackCli) -> dict[str, Any]:
    (file,) = stack.data.glob("*/restores/test.json")
    return dict(json.loads(file.read_text()))


def _clients(stack: StackCli) -> set[str]:
    return {client["client_id"] for client in stack.json("clients", "list")["clients"]}


def _lasting(status: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs without what each start has anew."""
    return {name: value for name, value in status.items() if name != "processes"}
