"""What a backup refuses before it stops Keycloak, with a stand-in for the engine and its runtime."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from provision._lib.data_folder import user_data_dir
from provision._lib.errors import ProvisionError, UsageError
from provision._lib.progress import Silent
from provision.cli.backup_keys import passphrase_in
from provision.cli.main import cli
from provision.config.project import Project
from provision.engine import backup
from provision.engine.backend import Backend
from provision.engine.backup_file import Backup
from provision.keycloak.data_facts import DataFacts
from provision.keycloak.version import VERSION
from provision.provider import journal
from provision.provider.journal import Journal
from provision.runtimes import registry, restore_record
from provision.runtimes.restore_record import RestoreRecord, Stage

_SCOPE = "provision:keycloak:ClientScope"


class StoppedError(Exception):
    """Keycloak would be stopped now."""


@pytest.fixture
def stack(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return Project.at(tmp_path).stack("dev")


@pytest.fixture
def engine(stack, monkeypatch):
    def stop(*_):
        raise StoppedError

    monkeypatch.setattr(DataFacts, "of", lambda *_: DataFacts(VERSION, "0123", "client", "user"))
    return SimpleNamespace(
        stack=stack,
        backend=Backend(stack),
        outputs_when_up=lambda: None,
        connection=lambda _: None,
        deployment=lambda: {"resources": [{"urn": "urn:x", "type": _SCOPE, "id": "shop/a"}]},
        runtime=SimpleNamespace(name="process", resource_types=(), processes=lambda _: (), take_data=stop),
        live=lambda: None,
    )


def _journal(engine):
    folder, stack = user_data_dir() / "journals", engine.stack
    return Journal(
        journal.file_of(folder, engine.backend.url, stack.project.name, stack.name, "http://localhost:1")
    )


def test_keycloak_is_stopped_only_if_the_state_is_whole(engine):
    _journal(engine).note(f"{_SCOPE} shop/a", "made")  # the state has it
    with pytest.raises(StoppedError):
        backup.take(engine, Silent())


@pytest.mark.parametrize(
    ("cut_off", "way_on"),
    [
        (lambda engine: engine.backend.rotation_note.touch(), "`provision rotate admin"),
        (lambda engine: engine.backend.refresh_note.touch(), "`provision up"),
        (lambda engine: _journal(engine).note(f"{_SCOPE} shop/b", "begun"), "`provision up"),
        (
            lambda engine: setattr(engine, "deployment", lambda: {"pending_operations": [{}]}),
            "`provision up",
        ),
    ],
    ids=["rotation", "refresh", "journal", "pending"],
)
def test_an_operation_that_was_cut_off_is_finished_first(engine, cut_off, way_on):
    engine.backend.prepare()
    cut_off(engine)
    with pytest.raises(ProvisionError) as refused:
        backup.take(engine, Silent())
    assert way_on in refused.value.do


def test_encrypted_values_are_found_wherever_they_are():
    config = {
        "provision:demoUserPassword": {"secure": "v1:a"},
        "provision:servers": [{"name": "a"}, {"name": "b", "introspectionClientSecret": {"secure": "v1:b"}}],
        "provision:realm": {"name": "secure"},
    }
    assert dict(backup._sealed(config)) == {
        ("provision:demoUserPassword",): "v1:a",
        ("provision:servers", 1, "introspectionClientSecret"): "v1:b",
    }


def test_the_state_in_a_backup_has_nothing_of_the_runtime_and_the_name_that_keycloak_gives_its_data():
    urn, provider = "urn:pulumi:dev::shop::{}::{}", "pulumi:providers:provision"
    kinds = {
        "realm": "provision:keycloak:Realm",
        "provider": provider,
        "keycloak": "docker:index/container:Container",
        "plugin": "pulumi:providers:docker",
        "port": "provision:docker:Port",
        "runtime": "provision:index:Runtime",
    }
    resources = [{"urn": urn.format(kind, name), "type": kind, "inputs": {}} for name, kind in kinds.items()]
    resources[0] |= {
        "dependencies": [resources[1]["urn"], resources[2]["urn"]],
        "deletedWith": resources[2]["urn"],
    }
    resources[0]["inputs"] = {"instance": "name-here"}
    resources[0]["outputs"] = {"instance": "name-here", "features": ["name-here"]}
    resources[1]["inputs"] = {"instance": {"of": "somebody else's"}}
    kept = json.loads(backup._state(resources, registry.runtime("docker"), "portable"))
    assert [item["type"] for item in kept] == ["provision:keycloak:Realm", provider]
    assert kept[0]["dependencies"] == [resources[1]["urn"]]
    assert "deletedWith" not in kept[0]
    assert kept[0]["inputs"] == {"instance": "portable"}
    assert kept[0]["outputs"] == {"instance": "portable", "features": ["name-here"]}
    assert kept[1]["inputs"] == {"instance": {"of": "somebody else's"}}


_ELSEWHERE = """\
config:
  provision:runtime: external
  provision:keycloak: {url: "https://login.example.org"}
  provision:adminClientSecret: 0123456789abcdef
"""


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_runtime_without_backups_says_what_to_do_instead(stack, monkeypatch, command):
    stack.file.write_text(_ELSEWHERE)
    folder = stack.project.folder
    if command == "restore":
        (folder / "b.age").touch()
        manifest = SimpleNamespace(project="shop", stack="dev", keycloak="26.0.0")
        monkeypatch.setattr("provision.cli.restore._opened", lambda *_: Backup(manifest, {}))
    line = ["-C", str(folder), "-s", "dev", command, str(folder / "b.age")]
    done = CliRunner().invoke(cli, line, standalone_mode=False)
    assert isinstance(done.exception, UsageError), done.exception
    assert done.exception.what == "Backup and restore do not work with `runtime: external`."
    assert done.exception.do == registry.runtime("external").instead_of_backup


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("correct horse battery\n", 0o644, "is open to other users"),
        ("one\ntwo\n", 0o600, "has to have one line"),
        ("", 0o600, "has to have one line"),
        (b"\xff\xfe", 0o600, "holds no text"),
    ],
)
def test_the_file_of_a_passphrase_is_closed_and_has_one_line(tmp_path, content, mode, why):
    file = tmp_path / "passphrase"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)
    with pytest.raises(UsageError, match=why):
        passphrase_in(file)
    file.write_text("correct horse battery\n")
    file.chmod(0o600)
    assert passphrase_in(file) == "correct horse battery"


@pytest.mark.parametrize("stage", [Stage.PLACING, Stage.IN_PLACE])
def test_down_removes_a_restored_stack_that_never_came_up_without_its_keycloak(stack, tmp_path, stage):
    stack.home.mkdir(parents=True)
    restore_record.write(stack.home, RestoreRecord("digest", {"keycloak": 1}, stage))
    state = Backend(stack).record
    state.parent.mkdir(parents=True)
    state.write_text('{"version": 3, "checkpoint": {"latest": {"resources": [{"urn": "x", "type": "y"}]}}}')
    done = CliRunner().invoke(cli, ["-C", str(tmp_path), "-s", "dev", "down"], standalone_mode=False)
    assert done.exception is None, done.exception
    assert not stack.home.exists()
    assert not state.exists()
    assert restore_record.read(stack.home) is None
