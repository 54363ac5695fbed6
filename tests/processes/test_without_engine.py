"""Commands on a stack that never was, is damaged, or lost its project: what they show, and that they need no engine."""

from __future__ import annotations

import json
import shutil

import psutil
import pytest
from click.testing import CliRunner

from provision._lib.errors import ProvisionError
from provision.cli.main import cli
from provision.config.project import Project
from provision.engine import pulumi_cli
from provision.engine.backend import Backend
from provision.runtimes import runtime_record
from provision.runtimes.process import managed_process
from provision.runtimes.runtime_record import RuntimeRecord

_STATE = {"version": 3, "checkpoint": {"stack": "organization/shop/dev", "latest": {"resources": []}}}


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch, tmp_path):
    def asked(_progress):
        raise AssertionError("the engine is not needed")

    monkeypatch.setattr(pulumi_cli, "find_or_install", asked)
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    return folder


@pytest.fixture
def stack(folder):
    """A stack that is up as far as its folder and its state say."""
    stack = Project.at(folder).stack("dev")
    backend = Backend(stack)
    backend.prepare()
    backend.environment()
    assert backend.record is not None
    backend.record.parent.mkdir(parents=True)
    backend.record.write_text(json.dumps(_STATE))
    shutil.copy(backend.record, f"{backend.record}.bak")
    runtime_record.write(stack.home, RuntimeRecord("process", "0a"))
    return stack


@pytest.fixture
def process(stack):
    """A process of the stack."""
    settings = managed_process.ProcessSettings(
        name="weather", home=stack.home / "weather", command=("/bin/sh", "-c", "exec sleep 60")
    )
    yield managed_process.start(settings, lambda: True)
    managed_process.stop(settings.home)


def _run(folder, *arguments, code=0):
    done = CliRunner().invoke(cli, ["-C", str(folder), *arguments], standalone_mode=False)
    if isinstance(done.exception, ProvisionError):
        assert done.exception.exit_code == code, done.exception
        return str(done.exception)
    assert done.exception is None, done.output
    assert (done.return_value or done.exit_code) == code, done.output
    return done.output


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_stack_that_never_was_is_answered_at_once(folder, as_json):
    shown = _run(folder, "status", *as_json)
    assert ('"up": false' if as_json else "Stack dev is not up") in shown
    assert ("changes" if as_json else "nothing to do") in _run(folder, "down", "--remove", *as_json)
    assert "has no logs" in _run(folder, "logs", code=1)


def test_after_an_up_that_did_not_end_status_shows_what_runs_in_text_and_in_json(folder, stack, process):
    Backend(stack).record.unlink()
    (Backend(stack).record.with_suffix(".json.bak")).unlink()
    shown = _run(folder, "status")
    assert f"running, pid {process.pid}" in shown
    assert "Stack dev is not whole" in shown
    document = json.loads(_run(folder, "status", "--json"))
    assert document["up"] is False
    assert [item["pid"] for item in document["processes"]] == [process.pid]


@pytest.mark.parametrize("content", ["", '{"version":3,"chec'])
def test_with_a_damaged_state_status_shows_what_runs_and_what_to_do(folder, stack, process, content):
    Backend(stack).record.write_text(content)
    shown = _run(folder, "status", code=1)
    assert f"running, pid {process.pid}" in shown
    assert "--restore-backup" in shown
    document = json.loads(
        CliRunner().invoke(cli, ["-C", str(folder), "status", "--json"], standalone_mode=False).stdout
    )
    assert document["up"] is None
    assert "is damaged" in document["error"]["what"]
    assert [item["pid"] for item in document["processes"]] == [process.pid]


@pytest.mark.parametrize("command", ["up", "preview", "drift", "down", "verify", "open"])
def test_every_command_names_a_damaged_state_and_the_way_out(folder, stack, command):
    Backend(stack).record.write_text("")
    told = _run(folder, command, code=1)
    assert "test.json" not in told
    assert f"{Backend(stack).record} is empty" in told
    assert f"`provision up --restore-backup -s dev -C {folder}`" in told


def test_down_remove_of_a_damaged_stack_stops_it_and_says_what_it_did(folder, stack, process):
    Backend(stack).record.write_text("")
    told = _run(folder, "down", "--remove")
    assert "is empty" in told
    assert "weather  stopped" in told
    assert "removed" in told
    assert not psutil.pid_exists(process.pid)
    assert not stack.home.exists()
    assert not Backend(stack).record.exists()
    assert "not up" in _run(folder, "status")


def test_down_remove_without_the_passphrase_file_stops_it_too(tmp_path, folder, stack, process):
    (tmp_path / "data" / "passphrase").unlink()
    assert "passphrase" in _run(folder, "down", code=1)
    assert "is missing" in _run(folder, "down", "--remove")
    assert not psutil.pid_exists(process.pid)


def test_restoring_is_refused_when_nothing_is_damaged(folder, stack):
    assert "is whole" in _run(folder, "up", "--restore-backup", code=1)


@pytest.mark.usefixtures("process")
def test_all_stacks_of_this_user_are_listed_with_project_and_processes(folder, stack):
    shown = _run(folder, "status", "--all")
    assert str(folder) in shown
    assert "weather runs" in shown
    assert "moved or removed" not in shown
    (listed,) = json.loads(_run(folder, "status", "--all", "--json"))["stacks"]
    assert listed["folder"] == str(folder)
    assert listed["gone"] is False
    assert listed["home"] == str(stack.project.home)
    assert [item["name"] for item in listed["processes"]] == ["weather"]


def test_without_any_stack_the_list_is_empty(folder):
    assert "There are no stacks." in _run(folder, "status", "--all")
    assert json.loads(_run(folder, "status", "--all", "--json")) == {"stacks": []}


def test_a_stack_whose_project_is_gone_is_listed_shown_and_taken_down(folder, stack, process):
    shutil.rmtree(folder)
    shown = _run("/", "status", "--all")
    assert "moved or removed" in shown
    assert f"provision down -C {folder} --remove -s dev" in shown
    Backend(stack).record.write_text("")
    assert f"running, pid {process.pid}" in _run(folder, "status", code=1)
    _run(folder, "down", "--remove")
    assert not psutil.pid_exists(process.pid)
    assert "There are no stacks." in _run("/", "status", "--all")


def test_a_stack_of_data_without_a_note_is_taken_down_by_its_data_folder(folder, stack, process):
    (stack.project.home / "project.json").unlink()
    Backend(stack).record.write_text("")
    shutil.rmtree(folder)
    assert f"-C {stack.project.home} --remove -s dev" in _run("/", "status", "--all")
    _run(stack.project.home, "down", "--remove")
    assert not psutil.pid_exists(process.pid)


def test_a_stack_whose_file_is_gone_is_shown_and_taken_down(folder, stack, process):
    (folder / "Pulumi.dev.yaml").unlink()
    Backend(stack).record.write_text("")
    assert f"running, pid {process.pid}" in _run(folder, "status", code=1)
    _run(folder, "down", "--remove")
    assert not psutil.pid_exists(process.pid)


def test_a_production_stack_whose_project_is_gone_is_not_removed_without_being_asked(folder, stack):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  provision:profile: prod\n")
    Backend(stack).prepare()
    shutil.rmtree(folder)
    assert "production stack" in _run(folder, "down", "--remove", code=2)
    assert stack.home.exists()


def test_a_moved_project_is_told_that_its_stacks_came_along(tmp_path, folder, stack, process):
    folder.rename(tmp_path / "moved")
    Backend(stack).record.write_text("")
    shown = _run(tmp_path / "moved", "status", code=1)
    assert f"moved here from {folder}" in shown
    assert f"running, pid {process.pid}" in shown
    assert "moved here" not in _run(tmp_path / "moved", "status", code=1)


@pytest.mark.usefixtures("stack")
def test_a_project_from_another_disk_is_told_where_its_stack_is_and_takes_it(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "moved")
    shutil.rmtree(folder)
    shown = _run(tmp_path / "moved", "status")
    assert f"`provision up --from {folder} -s dev -C {tmp_path / 'moved'}`" in shown
    assert f"`provision down -C {folder} --remove -s dev`" in shown
    assert "is whole" in _run(tmp_path / "moved", "up", "--from", str(folder), "--restore-backup", code=1)
    assert "--from" not in _run(tmp_path / "moved", "status", "--all")
    assert "There are no stacks" in _run(tmp_path / "moved", "up", "--from", str(tmp_path), code=2)
