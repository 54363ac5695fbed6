"""The data of a project whose folder is moved, removed, or replaced by another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from provision._lib.errors import UsageError
from provision.config import project_place
from provision.config.project import Project, kept_stack
from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.provider.lifecycle import Lifecycle


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    data = tmp_path / "data"
    monkeypatch.setenv("PROVISION_DATA_DIR", str(data))
    return data


@pytest.fixture
def make(tmp_path):
    """Makes a project in a folder, with a stack that has a state, and returns it."""

    def write(folder, *, name="shop", up=True):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        (tmp_path / folder / "Pulumi.dev.yaml").write_text("config: {}\n")
        project = Project.at(tmp_path / folder)
        if up:
            state = project.home / "state/.pulumi/stacks" / name
            state.mkdir(parents=True)
            (state / "dev.json").write_text("{}")
            project.note_place()
        return project

    return write


def test_a_project_keeps_its_data_as_long_as_it_stays(tmp_path, make):
    home = make("a").home
    assert Project.at(tmp_path / "a").home == home
    assert Project.at(tmp_path / "a").note_place() is None


def test_a_moved_project_keeps_its_data_and_the_move_is_told_once(tmp_path, make):
    home = make("a").home
    (tmp_path / "a").rename(tmp_path / "b")
    moved = Project.at(tmp_path / "b")
    assert moved.home == home
    assert moved.note_place() == str(tmp_path / "a")
    assert Project.at(tmp_path / "b").note_place() is None
    assert Project.at(tmp_path / "b").home == home


def test_a_folder_above_may_be_renamed_too(tmp_path, make):
    home = make("clone/stacks").home
    (tmp_path / "clone").rename(tmp_path / "other")
    assert Project.at(tmp_path / "other" / "stacks").home == home


def test_a_copy_has_data_of_its_own(tmp_path, make):
    home = make("a").home
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copy2)
    assert Project.at(tmp_path / "b").home != home
    assert Project.at(tmp_path / "a").home == home


def test_another_project_in_a_place_that_was_left_does_not_get_the_data_of_the_first(tmp_path, make):
    home = make("a").home
    (tmp_path / "a").rename(tmp_path / "b")
    Project.at(tmp_path / "b").note_place()
    second = make("a").home
    assert second != home
    assert Project.at(tmp_path / "b").home == home
    assert Project.at(tmp_path / "a").home == second
    (tmp_path / "a").rename(tmp_path / "c")
    Project.at(tmp_path / "c").note_place()
    assert make("a").home not in {home, second}
    assert Project.at(tmp_path / "c").home == second


def test_a_clone_anew_in_the_same_place_goes_on_with_the_data(tmp_path, make):
    home = make("a").home
    shutil.rmtree(tmp_path / "a")
    assert make("a", up=False).home == home


def test_a_clone_in_another_place_does_not_get_the_data_of_a_removed_one(tmp_path, make):
    home = make("a").home
    number = (tmp_path / "a").stat().st_ino
    shutil.rmtree(tmp_path / "a")
    other = make("b", up=False)
    place = json.loads((home / "project.json").read_text())
    place["identity"] = place["identity"].replace(str(number), str((tmp_path / "b").stat().st_ino))
    (home / "project.json").write_text(json.dumps(place))  # as if the number had been given again
    assert Project.at(other.folder).home != home


def test_data_of_before_there_were_notes_is_found_by_the_path(tmp_path, make):
    home = make("a").home
    (home / "project.json").unlink()
    assert Project.at(tmp_path / "a").home == home


@pytest.mark.parametrize("content", ["", "{", "[]", '{"folder": 1}', '{"folder": "/a", "name": "shop"}'])
def test_a_damaged_note_is_as_if_there_was_none(tmp_path, make, content):
    home = make("a").home
    (home / "project.json").write_text(content)
    assert Project.at(tmp_path / "a").home == home
    assert Project.at(tmp_path / "a").note_place() is None
    assert json.loads((home / "project.json").read_text())["folder"] == str(tmp_path / "a")


def test_the_stacks_of_a_removed_project_are_found_by_its_former_folder(tmp_path, make):
    home = make("clone/stacks").home
    assert project_place.gone_from(tmp_path / "clone") is None, "it is there"
    shutil.rmtree(tmp_path / "clone")
    for named in (tmp_path / "clone", tmp_path / "clone" / "stacks", home):
        assert project_place.gone_from(named) == home
    assert project_place.gone_from(tmp_path) is None
    assert kept_stack(home, "dev").project.name == "shop"
    assert kept_stack(home, "dev").home == home / "stacks" / "dev"


def _moved_unseen(tmp_path):
    """Move a project so that it has another identity, as over the border of a file system."""
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    shutil.rmtree(tmp_path / "a")
    return Project.at(tmp_path / "b")


def test_a_project_from_another_file_system_names_the_former_place_and_takes_over_on_demand(tmp_path, make):
    home = make("a").home
    project = _moved_unseen(tmp_path)
    assert project.home != home
    assert project_place.former_places("shop", "dev") == [str(tmp_path / "a")]
    assert project_place.former_places("shop", "test") == []
    project_place.take_over(tmp_path / "a", project.folder, "shop")
    assert Project.at(tmp_path / "b").home == home
    assert project_place.former_places("shop", "dev") == []


def test_nothing_is_taken_over_from_a_project_that_is_there_or_is_another(tmp_path, make):
    make("a")
    make("gone", name="other")
    shutil.rmtree(tmp_path / "gone")
    here = make("b", up=False)
    for former in ("a", "gone", "nowhere"):
        with pytest.raises(UsageError, match="There are no stacks"):
            project_place.take_over(tmp_path / former, here.folder, "shop")


def test_a_project_with_stacks_of_its_own_takes_nothing_over(tmp_path, make):
    make("a")
    shutil.rmtree(tmp_path / "a")
    here = make("b")
    with pytest.raises(UsageError, match="has stacks of its own: dev"):
        project_place.take_over(tmp_path / "a", here.folder, "shop")


def test_a_project_that_lies_in_a_link_is_the_one_it_leads_to(tmp_path, make):
    home = make("a").home
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert Project.at(tmp_path / "link").home == home


_OUTSIDE = (
    "/etc",
    "/data-2/p/stacks/dev",
    "/data/p/state/dev",
    "/data/p/stacks",
    "/data/p/stacks/../../..",
    "p/stacks/dev",
    "",
)


@pytest.mark.parametrize("home", ["/data/p/stacks/dev", "/data/p/stacks/dev/keycloak"])
def test_the_folder_of_a_stack_and_what_is_in_it_may_be_written(home, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", "/data")
    assert project_place.in_a_stack(home) == Path(home)


@pytest.mark.parametrize("home", _OUTSIDE)
def test_no_other_folder_may_be_written(home, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", "/data")
    with pytest.raises(UsageError, match="not in the folder of a stack"):
        project_place.in_a_stack(home)


def _kinds_with_a_home():
    return [token for token, handler in catalogue().items() if "home" in handler.spec.fields()]


def test_every_kind_with_a_home_is_known_here():
    assert {"provision:process:Keycloak", "provision:process:McpServer", "provision:index:Runtime"} <= set(
        _kinds_with_a_home()
    )


@pytest.mark.parametrize("token", _kinds_with_a_home())
def test_no_call_of_the_engine_writes_or_removes_a_folder_outside_of_the_stacks(token, tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "note").write_text("mine")
    inputs = {**_INPUTS[token], "home": str(mine)}
    calls = Lifecycle(catalogue()[token], Context(log=print))
    _, failures = calls.check({}, inputs)
    assert "not in the folder of a stack" in failures[0]
    for call in (
        lambda: calls.create(inputs, preview=False),
        lambda: calls.update(inputs, inputs, preview=False),
    ):
        with pytest.raises(UsageError, match="not in the folder of a stack"):
            call()
    calls.delete(inputs)  # a state of a former version can be taken down
    assert [path.name for path in mine.iterdir()] == ["note"]


_INPUTS = {
    "provision:process:Keycloak": {"port": 9, "adminClientId": "a", "adminClientSecret": "s" * 16},
    "provision:process:McpServer": {
        "name": "a",
        "port": 9,
        "issuer": "http://localhost:1/realms/r",
        "scopes": ["a"],
        "introspectionClientSecret": "s" * 16,
    },
    "provision:index:Runtime": {"name": "runtime", "runtime": "process", "mark": "0a"},
}
