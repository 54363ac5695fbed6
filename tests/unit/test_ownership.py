"""Files and folders of other users, which are not used."""

from __future__ import annotations

import os
import stat

import pytest
from click.testing import CliRunner

from provision._lib import data_folder, loopback, ownership
from provision._lib.ownership import ForeignFileError, refuse_foreign, refuse_foreign_place
from provision.cli.main import cli
from provision.config.project import Project
from provision.engine import passphrase
from provision.engine.backend import Backend
from provision.runtimes import restore_record
from provision.runtimes.restore_record import RestoreRecord, Stage
from tests.support.other_user import NOBODY

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to another user")


@pytest.fixture(autouse=True)
def _nobody_is_trusted(monkeypatch):
    monkeypatch.delenv(loopback.TRUSTED_USERS, raising=False)


def _give(*paths):
    for path in paths:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _project(folder, secret="{command: [touch, ran]}"):
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  provision:adminClientSecret: {secret}\n")
    return folder / "Pulumi.yaml", folder / "Pulumi.dev.yaml"


def _shared(tmp_path):
    """Return a folder like ``/tmp``, in which everybody may make files, and a folder of this user below it."""
    shared = tmp_path / "shared"
    (shared / "mine").mkdir(parents=True)
    shared.chmod(0o1777)
    return shared, shared / "mine"


@as_root
@pytest.mark.parametrize("place", [".", "stacks"])
def test_a_project_of_another_user_in_a_folder_above_ends_the_search(tmp_path, monkeypatch, place):
    shared, mine = _shared(tmp_path)
    _give(*_project(shared / place))
    monkeypatch.chdir(mine)
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    result = CliRunner().invoke(cli, ["preview"])
    assert isinstance(result.exception, ForeignFileError)
    assert result.exception.exit_code == 2
    assert "belongs to another user (nobody)" in result.exception.what
    assert "set PROVISION_TRUSTED_USERS=nobody." in result.exception.do
    assert not list(tmp_path.rglob("ran"))


@as_root
def test_a_stack_file_of_another_user_in_a_project_of_this_user_is_refused(tmp_path):
    shared, _ = _shared(tmp_path)
    _, stack_file = _project(shared)
    stack = Project.at(shared).stack("dev")
    assert stack.config(resolve=False).keycloak
    _give(stack_file)
    with pytest.raises(ForeignFileError, match=r"Pulumi\.dev\.yaml belongs to another user"):
        stack.config(resolve=True)
    assert not list(tmp_path.rglob("ran"))


@as_root
def test_a_folder_of_another_user_is_refused_whoever_wrote_the_files(tmp_path):
    _project(tmp_path / "theirs")
    _give(tmp_path / "theirs")
    with pytest.raises(ForeignFileError, match="theirs belongs to another user"):
        Project.find(tmp_path / "theirs")


@as_root
def test_a_link_of_another_user_to_a_file_of_this_user_is_refused(tmp_path):
    shared, _ = _shared(tmp_path)
    for file in _project(tmp_path / "mine"):
        (shared / file.name).symlink_to(file)
        _give(shared / file.name)
    with pytest.raises(ForeignFileError):
        Project.find(shared)


@as_root
@pytest.mark.parametrize("name", ["nobody", str(NOBODY), f"no-such-user, {NOBODY}"])
def test_a_checkout_of_another_user_is_used_if_that_user_is_trusted(tmp_path, monkeypatch, name):
    _give(*_project(tmp_path / "checkout"), tmp_path / "checkout")
    monkeypatch.setenv(loopback.TRUSTED_USERS, name)
    assert Project.find(tmp_path / "checkout").stack("dev").config().keycloak


@as_root
def test_the_way_out_keeps_the_users_that_are_trusted_already(tmp_path, monkeypatch):
    _give(*_project(tmp_path / "checkout"))
    monkeypatch.setenv(loopback.TRUSTED_USERS, "keycloak")
    with pytest.raises(ForeignFileError) as error:
        Project.find(tmp_path / "checkout")
    assert "PROVISION_TRUSTED_USERS=keycloak,nobody." in error.value.do


def _as_user(monkeypatch, uid=1234):
    monkeypatch.setattr(ownership.os, "geteuid", lambda: uid)


@as_root
@pytest.mark.parametrize(
    ("mode", "group", "is_refused"),
    [(0o777, 0, True), (0o775, 50, True), (0o775, 0, False), (0o1777, 50, False), (0o755, 50, False)],
)
def test_a_folder_of_root_in_which_others_may_replace_files_is_refused(
    tmp_path, monkeypatch, mode, group, is_refused
):
    folder = tmp_path / "folder"
    folder.mkdir()
    os.chown(folder, 0, group)
    folder.chmod(mode)
    _as_user(monkeypatch)
    if not is_refused:
        refuse_foreign(folder, "which matters")
        return
    with pytest.raises(ForeignFileError, match="Other users of this machine may replace") as error:
        refuse_foreign(folder, "which matters")
    assert f"`chmod o-w,g-w {folder}`" in error.value.do
    monkeypatch.setenv(loopback.TRUSTED_USERS, "root")
    refuse_foreign(folder, "which matters")


def test_a_folder_of_this_user_may_be_open_to_its_group(tmp_path):
    tmp_path.chmod(0o775)
    refuse_foreign(tmp_path, "which matters")


def test_what_is_not_there_is_not_refused(tmp_path):
    refuse_foreign_place(tmp_path / "not" / "there", "which matters")


@as_root
def test_a_data_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    _give(data)
    monkeypatch.setenv("PROVISION_DATA_DIR", str(data))
    with pytest.raises(ForeignFileError, match="data belongs to another user"):
        data_folder.user_data_dir()


@as_root
def test_a_data_folder_that_another_user_may_replace_is_refused(tmp_path, monkeypatch):
    above = tmp_path / "above"
    (above / "data").mkdir(parents=True)
    _give(above)
    monkeypatch.setenv("PROVISION_DATA_DIR", str(above / "data"))
    with pytest.raises(ForeignFileError, match="above belongs to another user"):
        data_folder.user_data_dir()
    above.chmod(0o1777)  # now nobody can replace what is in it
    assert data_folder.user_data_dir() == above / "data"


def test_a_data_folder_has_one_name_whatever_links_lead_to_it(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    _project(tmp_path / "project", secret="x")
    stack = Project.at(tmp_path / "project").stack("dev")
    homes, urls = set(), set()
    for name in ("real", "link"):
        monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / name / "data"))
        homes.add(Project.at(tmp_path / "project").stack("dev").home)
        urls.add(Backend(stack).url)
    assert homes == {tmp_path / "real" / "data" / stack.project.home.name / "stacks" / "dev"}
    assert len(urls) == 1


def test_a_data_folder_that_is_a_link_to_itself_is_named(tmp_path, monkeypatch):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "loop"))
    with pytest.raises(data_folder.ProvisionError, match="loop leads to itself"):
        data_folder.user_data_dir()


@as_root
def test_a_passphrase_of_another_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    file = passphrase.file()
    file.unlink()
    file.write_text("a passphrase that mallory knows")
    _give(file)
    with pytest.raises(ForeignFileError, match="passphrase belongs to another user"):
        passphrase.file()


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_data_folder_is_closed_to_other_users(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    _project(tmp_path / "project", secret="x")
    stack = Project.at(tmp_path / "project").stack("dev")
    restore_record.write(
        stack.home, RestoreRecord("digest", {}, Stage.PLACING)
    )  # what a restore writes first
    made = [tmp_path / "data", *(path for path in (tmp_path / "data").rglob("*") if path.is_dir())]
    assert stack.home.parents[1] / "restores" in made
    assert {_mode(folder) for folder in made} == {0o700}


def test_an_open_data_folder_is_closed(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    _project(tmp_path / "project", secret="x")
    backend = Backend(Project.at(tmp_path / "project").stack("dev"))
    backend.make_state_folder()
    (tmp_path / "data").chmod(0o755)
    assert [line for line in backend.mend_modes() if str(tmp_path / "data") in line]
    assert _mode(tmp_path / "data") == 0o700


def test_a_data_folder_that_holds_other_things_too_stays_open(tmp_path, monkeypatch):
    data = tmp_path / "data"
    monkeypatch.setenv("PROVISION_DATA_DIR", str(data))
    _project(tmp_path / "project", secret="x")
    backend = Backend(Project.at(tmp_path / "project").stack("dev"))
    backend.make_state_folder()
    (data / "photos").mkdir()
    data.chmod(0o755)
    assert not list(backend.mend_modes())
    assert _mode(data) == 0o755
