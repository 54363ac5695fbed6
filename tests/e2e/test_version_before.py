"""A stack that the version before made and left running is this version's own: nothing to do, and it can be removed."""

from __future__ import annotations

import pytest

from provision.runtimes.process.ports import pick_free
from tests.support import version_before
from tests.support.stack_cli import StackCli, alive


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    """The stack as that version left it: its state and its records, its realm's database, and processes that run."""
    stack = StackCli(tmp_path_factory.mktemp("former"), stack=version_before.STACK)
    ports = (pick_free(), pick_free())
    home = version_before.lay_out(stack, ports)
    stack.run("up")
    stack.run("up", "--refresh")  # the port that the database knew is another one here
    version_before.put_state_back(home, ports)
    version_before.record_processes(home)
    yield stack
    stack.clean_up()


def test_its_preview_is_empty(former):
    assert former.json("preview")["changes"] == []


def test_its_preview_is_empty_when_the_world_is_looked_at(former):
    assert former.json("preview", "--refresh")["changes"] == []


def test_an_up_changes_nothing_and_starts_nothing_again(former):
    before = [item["pid"] for item in former.json("status")["processes"]]
    assert "nothing to do" in former.run("up").stderr
    assert [item["pid"] for item in former.json("status")["processes"]] == before


def test_down_removes_it(former):
    pids = [item["pid"] for item in former.json("status")["processes"]]
    assert len(pids) == 2
    assert all(map(alive, pids))
    former.run("down")
    assert not any(map(alive, pids))
    left = [path for path in former.data.glob("*/stacks/**/*") if path.is_file()]
    assert left == []
