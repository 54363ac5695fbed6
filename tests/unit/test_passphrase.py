"""The passphrase of this user, and what is closed to other users."""

from __future__ import annotations

import json
import stat

import pytest

from provision.config.project import Project
from provision.engine import passphrase
from provision.engine.backend import Backend
from provision.engine.passphrase import LostPassphraseError


@pytest.fixture
def data(tmp_path, monkeypatch):
    data = tmp_path / "data"
    monkeypatch.setenv("PROVISION_DATA_DIR", str(data))
    for name in (
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    return data


@pytest.fixture
def backend(tmp_path, data):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    assert not data.exists()
    return Backend(Project.at(tmp_path).stack("dev"))


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_once_and_only_this_user_can_read_it(data):
    first = passphrase.file().read_text()
    assert len(first) > 32
    assert passphrase.file().read_text() == first
    assert _mode(data / "passphrase") == 0o600
    assert [path.name for path in data.iterdir()] == ["passphrase"]


def test_a_missing_one_is_not_made_anew_while_there_are_stacks(data):
    state = data / "shop-1a" / "state" / ".pulumi" / "stacks" / "shop" / "dev.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    with pytest.raises(LostPassphraseError, match="is missing") as error:
        passphrase.file()
    assert str(state) in error.value.what
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in error.value.do
    assert not (data / "passphrase").exists()
    state.unlink()
    assert passphrase.file().is_file()


def test_an_empty_one_is_refused(data):
    data.mkdir()
    (data / "passphrase").touch()
    with pytest.raises(LostPassphraseError, match="is empty"):
        passphrase.file()


def test_what_is_open_to_other_users_is_closed_and_named(data, backend):
    backend.prepare()
    backend.environment()
    assert list(backend.mend_modes()) == []
    opened = [data / "passphrase", backend.stack.project.home, backend.stack.project.home / "state"]
    for path in opened:
        path.chmod(0o755 if path.is_dir() else 0o644)
    lines = list(backend.mend_modes())
    assert {str(path) for path in opened} == {line.split()[1] for line in lines}
    assert [_mode(path) for path in opened] == [0o600, 0o700, 0o700]
    assert list(backend.mend_modes()) == []


def test_every_folder_is_closed_from_the_start(backend):
    backend.prepare()
    home = backend.stack.project.home
    assert {_mode(folder) for folder in (home, *home.rglob("*")) if folder.is_dir()} == {0o700}


def test_our_own_engine_keeps_its_notes_and_logs_with_the_stack(backend, monkeypatch):
    backend.prepare()
    own = backend.engine_environment()["PULUMI_HOME"]
    assert own.startswith(str(backend.stack.project.home))
    assert "PULUMI_HOME" not in backend.environment(), "plain pulumi keeps its own"
    logs = backend.work_dir / "pulumi" / "logs"
    logs.mkdir()
    for number in range(30):
        (logs / f"{number}.log").touch()
    backend.prune_logs()
    assert len(list(logs.iterdir())) == 10
    backend.forget()
    assert not backend.work_dir.exists()
    monkeypatch.setenv("PULUMI_HOME", "/own")
    assert "PULUMI_HOME" not in backend.engine_environment()
    monkeypatch.delenv("PULUMI_HOME")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.example")
    assert "PULUMI_HOME" not in backend.engine_environment(), "the user's login is in the user's home"


def test_plugins_come_from_the_users_home(backend, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    backend.prepare()
    link = backend.work_dir / "pulumi" / "plugins"
    assert not link.exists()
    (tmp_path / "me" / ".pulumi" / "plugins").mkdir(parents=True)
    backend.prepare()
    backend.prepare()
    assert link.readlink() == tmp_path / "me" / ".pulumi" / "plugins"


def test_a_lost_salt_is_taken_from_the_state(backend):
    backend.prepare()
    assert backend.record is not None
    backend.record.parent.mkdir(parents=True)
    provider = {"type": "passphrase", "state": {"salt": "v1:theirs"}}
    backend.record.write_text(json.dumps({"checkpoint": {"latest": {"secrets_providers": provider}}}))
    copy = backend.work_dir / "Pulumi.dev.yaml"
    for kept in (None, "v1:another", ""):
        salt = backend.stack.project.home / "dev.salt"
        salt.unlink(missing_ok=True)
        if kept is not None:
            salt.write_text(kept)
        backend.prepare()
        assert "encryptionsalt: v1:theirs" in copy.read_text()
