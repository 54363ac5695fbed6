"""Files that are damaged or gone, a disk that is full, a project that moved: what runs is found, and the way on works."""

from __future__ import annotations

import errno
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from provision.runtimes.process import search, status
from tests.support.backups import admin_api
from tests.support.stack_cli import alive, kill

if TYPE_CHECKING:
    from pathlib import Path


def _state(stack) -> Path:
    (file,) = stack.data.glob(f"*/state/.pulumi/stacks/*/{stack.stack}.json")
    return file


def _home(stack) -> Path:
    (home,) = stack.data.glob(f"*/stacks/{stack.stack}")
    return home


def _nothing_is_left(stack, pids) -> None:
    assert not any(map(alive, pids))
    assert list(stack.data.glob(f"*/stacks/{stack.stack}")) == []
    left = [path for path in stack.data.rglob("*") if path.is_file() and path.name != "project.json"]
    assert {path.name for path in left} <= {"passphrase", "meta.yaml", "meta.yaml.attrs"}, left


def _fill(folder: Path) -> Path:
    """Take all the space of a folder's disk by one file, and return the file."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - the end that is wanted
    return filler


def test_what_keycloak_has_confirmed_is_there_after_a_kill(stack):
    stack.run("up")
    for count in range(3):
        confirmed = f"confirmed-{count}"
        api, keycloak = admin_api(stack.json("status", "--show-secrets")), stack.processes()["keycloak"]
        api.post("mcp-test", "clients", body={"clientId": confirmed})
        kill(keycloak)
        stack.run("up")
        api = admin_api(stack.json("status", "--show-secrets"))
        assert api.get("mcp-test", "clients", clientId=confirmed), f"{confirmed} is lost"
    assert stack.json("preview", "--refresh")["changes"] == []


@pytest.mark.timeout(400)
def test_an_empty_state_is_restored_from_its_copy_and_nothing_changes(stack):
    stack.run("up")
    stack.change_config("name: mcp-test", "name: mcp-test\n    displayName: First")
    stack.run("up")
    secrets = stack.json("status", "--show-secrets")
    _state(stack).write_text("")
    shown = stack.json("status", code=1)
    assert f"{_state(stack)} is empty" in shown["error"]["what"]
    assert len([item for item in shown["processes"] if item["pid"]]) == 2
    stack.run("up", "--restore-backup")
    assert stack.json("status", "--show-secrets") == secrets
    assert stack.json("preview", "--refresh")["changes"] == []
    assert len(list(_state(stack).parent.glob("test.json.damaged-*"))) == 1
    pids = stack.processes().values()
    stack.run("down", "--remove")
    _nothing_is_left(stack, pids)


def test_processes_whose_records_are_damaged_or_gone_are_found(stack):
    stack.run("up")
    first = stack.processes()
    assert (_home(stack) / "keycloak" / "server" / "tmp" / "vertx").is_dir()
    (_home(stack) / "keycloak" / "process.json").write_text("garbage")
    (_home(stack) / "keycloak" / "server" / "data" / "provision.json").write_text("{")
    assert stack.processes() == first
    stack.run("up")
    second = stack.processes()
    assert second["keycloak"] not in {None, first["keycloak"]}
    assert stack.json("preview", "--refresh")["changes"] == []
    shutil.rmtree(_home(stack) / "calculator")
    (_home(stack) / "keycloak" / "process.json").unlink()
    assert stack.processes() == second
    stack.run("down", "--remove")
    _nothing_is_left(stack, [*first.values(), *second.values()])


def test_down_of_a_stack_whose_folder_was_removed_ends_what_runs(stack):
    stack.run("up")
    pids = stack.processes().values()
    home = _home(stack)
    shutil.rmtree(home)
    stack.run("down", "--remove")
    assert search.running_below(home) == {}
    _nothing_is_left(stack, pids)


def test_a_stack_comes_along_with_its_project_and_is_taken_down_after_the_project_is_gone(stack):
    stack.run("up")
    pids = stack.processes().values()
    former, moved = stack.project, stack.folder / "moved"
    former.rename(moved)
    line = ["-C", str(moved)]
    assert f"moved here from {former}" in stack.run("status", *line).stderr
    assert stack.json("preview", *line)["changes"] == []
    shutil.rmtree(moved)
    listed = stack.run("status", "--all", *line).stdout
    assert f"provision down -C {moved} --remove -s test" in listed
    assert stack.json("status", *line)["up"] is True
    stack.run("up", *line, code=2)
    stack.run("down", "--remove", *line)
    _nothing_is_left(stack, pids)


def test_a_full_disk_stops_nobody_once_there_is_space_again(stack):
    stack.data.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", stack.data], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        stack.run("up")
        pids = [pid for pid in stack.processes().values() if pid]
        filler = _fill(stack.data)
        for arguments in (("up", "--refresh"), ("drift",), ("status",)):
            done = stack.run(*arguments, code=None)
            assert "JSON input" not in done.stderr
            assert done.returncode == 0 or "The disk is full." in done.stderr, done.stderr
        filler.unlink()
        stack.run("up", "--refresh")
        assert stack.json("preview", "--refresh")["changes"] == []
        pids += [pid for pid in stack.processes().values() if pid]
        stack.run("down", "--remove")
        _nothing_is_left(stack, pids)
    finally:
        for home in stack.data.glob("*/stacks/*"):
            status.stop_all(home)
        subprocess.run(["umount", "-l", stack.data], check=True)
