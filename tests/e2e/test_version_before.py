"""A stack that the version before made and left running is this version's own: it goes on, and it can be removed.

One thing is to do there: the version before left Keycloak's client `admin-cli` open for passwords.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from provision.runtimes.process.ports import pick_free
from tests.support import version_before
from tests.support.administrator import administrator
from tests.support.stack_cli import StackCli, alive


@contextmanager
def _former(folder):
    """The stack as that version left it: its state and its records, its realm's database, and processes that run."""
    stack = StackCli(folder, stack=version_before.STACK)
    ports = (pick_free(), pick_free())
    home = version_before.lay_out(stack, ports)
    stack.run("up")
    stack.run("up", "--refresh")  # the port that the database knew is another one here
    session, realm = administrator(stack)
    (client,) = session.get(realm, "clients", clientId="admin-cli")
    session.put(realm, "clients", client["id"], body={**client, "directAccessGrantsEnabled": True})
    version_before.put_state_back(home, ports)
    version_before.record_processes(home)
    yield stack
    stack.clean_up()


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    with _former(tmp_path_factory.mktemp("former")) as stack:
        yield stack


@pytest.fixture
def former_of_its_own(tmp_path):
    with _former(tmp_path) as stack:
        yield stack


def test_an_up_closes_the_client_for_passwords_and_starts_nothing_again(former):
    before = [item["pid"] for item in former.json("status")["processes"]]
    for looks in ((), ("--refresh",)):
        changes = former.json("preview", *looks)["changes"]
        assert [(item["name"], item["op"]) for item in changes] == [("admin-cli", "create")]
    said = former.run("up").stderr
    assert "admin-cli: adopted (it was there already), changed: directAccessGrants" in said
    session, realm = administrator(former)
    (client,) = session.get(realm, "clients", clientId="admin-cli")
    assert client["directAccessGrantsEnabled"] is False
    assert former.json("preview", "--refresh")["changes"] == []
    assert "nothing to do" in former.run("up").stderr
    assert [item["pid"] for item in former.json("status")["processes"]] == before


def test_down_removes_it(former_of_its_own):
    stack = former_of_its_own
    pids = [item["pid"] for item in stack.json("status")["processes"]]
    assert len(pids) == 2
    assert all(map(alive, pids))
    stack.run("down")
    assert not any(map(alive, pids))
    assert [path for path in stack.data.glob("*/stacks/**/*") if path.is_file()] == []
