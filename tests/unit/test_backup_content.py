"""A backup whose digests are right, and whose content no `backup` has written: refused before anything is touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from provision._lib.errors import ProvisionError, UsageError
from provision.cli.main import cli
from provision.config.stack_config import read
from provision.engine import backup_content, backup_file
from provision.engine.backup import _refuse_foreign_kinds, write_files
from provision.engine.backup_content import refuse_unfit, refuse_unfit_ports
from provision.engine.backup_file import (
    DATABASE,
    PROJECT_FILE,
    SECRETS,
    STACK_FILE,
    STATE,
    Backup,
    BackupError,
    Keys,
    Manifest,
)
from provision.keycloak.version import VERSION

_PASSPHRASE = "correct horse battery"
_URN = "urn:pulumi:dev::shop::{}::{}"
_STACK = {
    "urn": _URN.format("pulumi:pulumi:Stack", "shop-dev"),
    "type": "pulumi:pulumi:Stack",
    "custom": False,
}
_PROVIDER = {
    "urn": _URN.format("pulumi:providers:provision", "keycloak"),
    "type": "pulumi:providers:provision",
    "custom": True,
    "id": "0",
    "inputs": {"url": "http://localhost:1"},
    "parent": _STACK["urn"],
}
_REALM = {
    "urn": _URN.format("provision:index:McpStack$provision:keycloak:Realm", "realm"),
    "type": "provision:keycloak:Realm",
    "custom": True,
    "id": "mcp",
    "parent": _STACK["urn"],
    "provider": f"{_PROVIDER['urn']}::0",
    "dependencies": [_PROVIDER["urn"]],
    "propertyDependencies": {"instance": [_PROVIDER["urn"]], "name": None},
    "inputs": {"name": "mcp"},
    "outputs": {"name": "mcp"},
}
_COMPONENT = {"urn": _URN.format("shop:index:Thing", "t"), "type": "shop:index:Thing", "custom": False}
_STATE = [_STACK, _PROVIDER, _REALM, _COMPONENT]
_FILES = {
    PROJECT_FILE: b"name: shop\nruntime: python\n",
    STACK_FILE: b"config:\n  provision:profile: test\n",
}


def _backup(state=_STATE, ports=None, manifest=(), **parts):
    facts = {
        "provision": "0.2.0",
        "keycloak": VERSION,
        "project": "shop",
        "stack": "dev",
        "runtime": "process",
        "made": datetime(2026, 1, 2, tzinfo=UTC),
        "data_id": "0123",
        "client": "1",
        "user": "2",
        "ports": {"keycloak": 20001, "mcp-server": 20002} if ports is None else ports,
        **dict(manifest),
    }
    named = {name.replace("_", "."): part for name, part in parts.items()}
    content = {
        STATE: json.dumps(state).encode(),
        SECRETS: b'[{"path": ["provision:demoUserPassword"], "value": "x"}]',
        DATABASE: b"H:2,block:4\n",
        **_FILES,
        **named,
    }
    return Backup(Manifest(**facts), content)


def _changed(**changes):
    return [_STACK, _PROVIDER, {**_REALM, **changes}]


def _of_type(kind, **more):
    return [_STACK, {"urn": _URN.format(kind, "x"), "type": kind, "custom": True, **more}]


def test_what_a_backup_holds_is_taken():
    refuse_unfit(_backup())
    refuse_unfit(_backup([]))


_BAD_STATES = {
    "no list": {},
    "a number": [5],
    "no name": [{"type": "pulumi:pulumi:Stack"}],
    "no urn": [{**_STACK, "urn": "shop"}],
    "a urn that is cut off": [{**_STACK, "urn": "urn:pulumi:dev::shop"}],
    "another project": [{**_STACK, "urn": _STACK["urn"].replace("::shop::", "::bank::")}],
    "another stack": [{**_STACK, "urn": _STACK["urn"].replace(":dev:", ":prod:")}],
    "another type in the name": _changed(type="provision:keycloak:User"),
    "one name twice": [_STACK, _STACK],
    "a foreign provider's resource": _of_type("command:local:Command", inputs={"delete": "touch /x"}),
    "a foreign provider": _of_type("pulumi:providers:command"),
    "an unknown kind": _of_type("provision:keycloak:Nothing"),
    "an unknown module": _of_type("provision:../../etc:Passwd"),
    "a process": _of_type("provision:process:McpServer", inputs={"command": ["/bin/sh"]}),
    "a container's data": _of_type("provision:docker:ServerData"),
    "the record of a runtime": _of_type("provision:index:Runtime", inputs={"home": "/etc"}),
    "a provider from elsewhere": [
        {**_PROVIDER, "parent": "", "inputs": {"pluginDownloadURL": "http://x.example"}}
    ],
    "a provider from elsewhere, deep": [
        {**_PROVIDER, "parent": "", "inputs": {"__internal": {"pluginDownloadURL": "http://x.example"}}}
    ],
    "a resource that waits for its deletion": _changed(delete=True),
    "inputs that are no mapping": _changed(inputs=[1]),
    "outputs that are no mapping": _changed(outputs="x"),
    "a parent elsewhere": _changed(parent=_URN.format("pulumi:pulumi:Stack", "other")),
    "a provider that is not there": _changed(provider="urn:pulumi:dev::shop::pulumi:providers:aws::x::0"),
    "a dependency elsewhere": _changed(dependencies=["urn:pulumi:dev::bank::a:b:C::x"]),
    "a dependency of a wrong type": _changed(dependencies=5),
    "a dependency on what comes later": [_STACK, {**_PROVIDER, "dependencies": [_REALM["urn"]]}, _REALM],
    "dependencies of properties of a wrong type": _changed(propertyDependencies=[1]),
    "a dependency of a property elsewhere": _changed(propertyDependencies={"a": ["urn:pulumi:x"]}),
}


@pytest.mark.parametrize("state", _BAD_STATES.values(), ids=_BAD_STATES)
def test_a_state_that_no_backup_has_written_is_refused(state):
    with pytest.raises(BackupError, match=r"state\.json: .+") as error:
        refuse_unfit(_backup(state))
    assert error.value.do == "Nothing was changed."


@pytest.mark.parametrize(
    "changes",
    [
        {"state_json": b"{"},
        {"state_json": b"[" * 100_000},
        {"secrets_json": b"{}"},
        {"secrets_json": b'[{"path": "a", "value": "x"}]'},
        {"secrets_json": b'[{"path": ["a"], "value": 5}]'},
        {"secrets_json": b'[{"path": [{}], "value": "x"}]'},
        {"secrets_json": b'[{"path": [], "value": "x", "more": 1}]'},
        {"ports": {"keycloak": 20001, "mcp-server": 20001}},
    ],
    ids=str,
)
def test_a_part_of_another_form_is_refused(changes):
    with pytest.raises(BackupError, match="The backup is damaged, or"):
        refuse_unfit(_backup(**changes))


def test_a_database_of_another_kind_is_refused():
    backup = _backup()
    with pytest.raises(BackupError, match="is no database"):
        refuse_unfit(Backup(backup.manifest, {**backup.parts, DATABASE: b"SQLite format 3\0"}))


@pytest.mark.parametrize("port", [0, -1, 65536, 2**31, True, 1.5, "x", None])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(BackupError, match="its manifest can't be read"):
        backup_file._manifest(_manifest(ports={"keycloak": port}))


def test_a_good_manifest_is_read():
    assert backup_file._manifest(_manifest(ports={"keycloak": 65535})).ports == {"keycloak": 65535}


def _manifest(**changes):
    return json.dumps({**_backup().manifest.model_dump(mode="json"), **changes}).encode()


def test_a_low_port_is_taken_only_if_the_stack_file_names_it():
    with pytest.raises(BackupError, match="gives keycloak the port 80, which no stack chooses"):
        refuse_unfit_ports(read({}, source="f"), {"keycloak": 80})
    refuse_unfit_ports(read({"keycloak": {"port": 80}}, source="f"), {"keycloak": 80})
    refuse_unfit_ports(read({}, source="f"), {"keycloak": 1024})


def test_a_port_that_the_stack_file_gives_to_another_is_refused():
    with pytest.raises(BackupError, match="keycloak and calculator would have the same port 20001"):
        refuse_unfit_ports(read({"server": {"port": 20001}}, source="f"), {"keycloak": 20001})


@pytest.mark.parametrize(
    ("part", "content", "why"),
    [
        (PROJECT_FILE, b"name: bank\n", "of another project"),
        (PROJECT_FILE, b"name: ../x\n", "is not a name for a project"),
        (PROJECT_FILE, b"\xff", "not a text file"),
        (STACK_FILE, b"config:\n  provision:server: {port: abc}\n", "provision:server.port"),
        (STACK_FILE, b"config: [", "Pulumi.dev.yaml"),
    ],
)
def test_files_that_up_would_refuse_are_not_written(tmp_path, part, content, why):
    backup = _backup()
    backup = Backup(backup.manifest, {**backup.parts, part: content})
    with pytest.raises(BackupError, match=why) as error:
        write_files(tmp_path / "new", "dev", backup)
    assert "/tmp" not in error.value.what
    assert not (tmp_path / "new").exists()


def test_good_files_are_written(tmp_path):
    written = write_files(tmp_path / "new" / "folder", "dev", _backup())
    assert [file.name for file in written] == ["Pulumi.yaml", "Pulumi.dev.yaml"]


def _restore(tmp_path, backup, *more):
    (tmp_path / "key").write_text(_PASSPHRASE)
    (tmp_path / "key").chmod(0o600)
    file = tmp_path / "dev.age"
    file.write_bytes(Keys(passphrase=_PASSPHRASE).sealed(backup.packed()))
    arguments = [
        "-C",
        str(tmp_path / "project"),
        "restore",
        str(file),
        "--passphrase-file",
        str(tmp_path / "key"),
    ]
    return CliRunner().invoke(cli, [*arguments, *more])


@pytest.mark.parametrize(
    "backup",
    [
        _backup(_BAD_STATES["a foreign provider's resource"]),
        _backup(manifest={"project": "../../etc"}),
        _backup(manifest={"stack": "../dev"}),
    ],
    ids=["state", "project", "stack"],
)
def test_nothing_is_made_before_it_is_refused(tmp_path, monkeypatch, backup):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    done = _restore(tmp_path, backup, "--replace", "--yes")
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "project").exists()
    assert not (tmp_path / "data" / "restores").exists()


def test_a_file_without_an_end_is_no_backup(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(backup_file, "LARGEST", 1000)
    large = tmp_path / "large.age"
    large.write_bytes(b"age-encryption.org/v1\n" + b"x" * 1000)
    for file in ("/dev/zero", str(large)):
        done = CliRunner().invoke(cli, ["-C", str(tmp_path), "restore", file])
        assert isinstance(done.exception, UsageError)
        assert "can't be read" in done.exception.what


def test_what_a_restore_would_refuse_is_not_saved():
    with pytest.raises(ProvisionError, match=r"another provider \(random:index/randomId:RandomId\)"):
        _refuse_foreign_kinds([*_STATE, {"type": "random:index/randomId:RandomId", "custom": True}])
    _refuse_foreign_kinds(_STATE)
    assert list(backup_content.foreign_kinds(_STATE)) == []
