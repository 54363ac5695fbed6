"""A runtime that another distribution brings: found, chosen, brought up, shown, read, judged and taken down, with no edit of ours."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.stack_cli import ROOT, StackCli, alive, kill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = ROOT / "tests" / "support" / "fourth_runtime"
_MOST_LINES = 150
_START = 'exec "$0" -m provision.server --settings "$MCP_SETTINGS_FILE"'
_FILE = f"""\
config:
  provision:profile: test
  provision:runtime: scripted
  provision:realm: {{name: mcp-test}}
  provision:server:
    command: [sh, -c, '{_START}', {sys.executable}, --log-level, debug]
"""
"""The shell takes the last two arguments for its own; they are what a rule has to find."""


@contextmanager
def _up(folder: Path) -> Iterator[StackCli]:
    path = os.pathsep.join(filter(None, (str(_FOLDER), os.environ.get("PYTHONPATH"))))
    stack = StackCli(folder, environment={"PYTHONPATH": path})
    (stack.project / "Pulumi.test.yaml").write_text(_FILE)
    try:
        stack.run("up")
        yield stack
    finally:
        stack.clean_up()


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    with _up(tmp_path_factory.mktemp("scripted")) as stack:
        yield stack


def test_it_is_small():
    lines = [
        line
        for file in _FOLDER.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
        for line in file.read_text().splitlines()
    ]
    assert len(lines) <= _MOST_LINES


def test_it_is_found(scripted):
    schema = scripted.json("schema")
    assert "scripted" in schema["properties"]["runtime"]["enum"]
    parts = {item["part"]: item["where"] for item in scripted.json("doctor", code=None)["parts"]}
    assert parts["Scripts"] == "there is always a shell"


def test_it_is_up_and_there_is_nothing_more_to_do(scripted):
    shown = scripted.json("status")
    assert {item["name"]: item["state"] for item in shown["processes"]} == {
        "calculator": "scripted",
        "keycloak": "scripted",
    }
    assert "running, pid" in scripted.run("status").stdout
    again = scripted.run("up").stderr
    assert "the scripts are looked at" in again
    assert "nothing to do" in again
    assert scripted.json("preview", "--refresh")["changes"] == []
    assert all(proof["ok"] for proof in scripted.json("verify", "token", "tools")["proofs"])


def test_its_logs_are_read(scripted):
    scripted.run("verify", "challenge")
    assert "calculator serves" in scripted.run("logs", "calculator", "-n", "500").stdout
    assert "Keycloak" in scripted.run("logs", "keycloak", "-n", "500").stdout
    assert scripted.json("logs", "--audit", "--decision", "refused")["audit"]


def test_the_rules_judge_it(scripted):
    found = {(item["rule"], item["path"]) for item in scripted.json("preview")["findings"]}
    assert ("server-log-level", "command") in found


def test_what_died_is_started_again(scripted):
    kill(scripted.processes()["calculator"])
    assert "NOT RUNNING" in scripted.run("status", code=1).stdout
    scripted.run("up")
    assert "running, pid" in scripted.run("status").stdout


def test_a_stack_in_it_is_not_moved_and_a_machine_without_it_says_so(scripted):
    file = scripted.project / "Pulumi.test.yaml"
    file.write_text(_FILE.replace("runtime: scripted", "runtime: process"))
    assert (
        "The stack runs by scripts, and its file says `runtime: process`" in scripted.run("up", code=1).stderr
    )
    file.write_text(_FILE)
    scripted.run("up")
    without = StackCli(scripted.folder)
    for command in ("status", "preview", "up"):
        assert "There is no runtime 'scripted'" in without.run(command, code=1).stderr
    assert "there is no runtime of that name" in without.run("down", code=2).stderr
    assert set(scripted.processes().values()) != {None}, "what runs goes on"


def test_it_is_taken_down(tmp_path):
    with _up(tmp_path) as stack:
        pids = stack.processes().values()
        assert all(alive(pid) for pid in pids)
        stack.run("down")
        assert stack.json("status")["processes"] == []
        assert not any(alive(pid) for pid in pids)
        assert not list((stack.data / "stacks").rglob("runtime.json"))
