"""The file of a backup: whole, damaged in every way, foreign, hostile, of a newer version."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from datetime import UTC, datetime

import pyrage
import pytest

from provision._lib.errors import UsageError
from provision.engine import backup_file
from provision.engine.backup import _state, refuse_misfit
from provision.engine.backup_file import MANIFEST, PARTS, Backup, BackupError, Keys, Manifest
from provision.keycloak.version import VERSION
from provision.runtimes import registry

_MANIFEST = Manifest(
    provision="0.2.0",
    keycloak=VERSION,
    project="shop",
    stack="dev",
    runtime="process",
    made=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    data_id="0123456789abcdef",
    client="11111111-1111-1111-1111-111111111111",
    user="22222222-2222-2222-2222-222222222222",
    ports={"keycloak": 20001, "mcp-server": 20002},
)
_PARTS = {name: f"content of {name}".encode() * 100 for name in PARTS}
_KEYS = Keys(passphrase="correct horse battery")


@pytest.fixture(scope="module")
def sealed():
    return _KEYS.sealed(_packed())


def _packed():
    return Backup(_MANIFEST, _PARTS).packed()


def _archive(*members, content=b"x"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return buffer.getvalue()


def _special(name, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def _with_manifest(**changes):
    """A backup with another manifest, whose parts are whole."""
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(_packed())) as old,
        tarfile.open(fileobj=buffer, mode="w") as archive,
    ):
        for member in old:
            content = old.extractfile(member).read()
            if member.name == MANIFEST:
                content = json.dumps({**json.loads(content), **changes}).encode()
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_what_was_saved_comes_back(sealed):
    found = Backup.unpacked(_KEYS.opened(sealed))
    assert found.parts == _PARTS
    assert found.manifest.model_copy(update={"digests": {}}) == _MANIFEST
    assert set(found.manifest.digests) == set(PARTS)


def test_the_manifest_stands_first_and_no_part_is_open_to_others():
    with tarfile.open(fileobj=io.BytesIO(_packed())) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == [MANIFEST, *PARTS]
    assert {member.mode for member in members} == {0o600}


def test_a_key_of_age_opens_what_was_encrypted_for_it():
    identity = pyrage.x25519.Identity.generate()
    content = Keys(recipients=(str(identity.to_public()),)).sealed(b"secret")
    assert not backup_file.opens_by_passphrase(content)
    assert Keys(identities=f"# created: today\n{identity}\n").opened(content) == b"secret"
    with pytest.raises(BackupError, match="the identity is wrong, or the file is damaged"):
        Keys(identities=str(pyrage.x25519.Identity.generate())).opened(content)


@pytest.mark.parametrize("text", ["", "# a comment only", "AGE-SECRET-KEY-1QQ", "age1abc"])
def test_an_identity_file_without_an_identity_is_named(text):
    identity = pyrage.x25519.Identity.generate()
    content = Keys(recipients=(str(identity.to_public()),)).sealed(b"secret")
    with pytest.raises(UsageError, match="holds no private key"):
        Keys(identities=text).opened(content)


def test_a_recipient_that_is_no_public_key_is_refused_without_being_repeated():
    with pytest.raises(UsageError) as refused:
        Keys(recipients=("AGE-SECRET-KEY-1XYZ",)).sealed(b"")
    assert "XYZ" not in str(refused.value)


def test_a_wrong_passphrase_and_a_damaged_file_are_one_clear_line(sealed):
    assert backup_file.opens_by_passphrase(sealed)
    for keys, content in (
        (Keys(passphrase="wrong horse battery"), sealed),
        (_KEYS, sealed[:-1]),
        (_KEYS, sealed[: len(sealed) // 2]),
        (_KEYS, sealed[:-20] + bytes(20)),
    ):
        with pytest.raises(BackupError, match="the passphrase is wrong, or the file is damaged"):
            keys.opened(content)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 a zip", b"age-encryption.org/v2\n", b"\0" * 100])
def test_a_foreign_file_is_no_backup(content):
    with pytest.raises(BackupError, match="is no backup"):
        backup_file.opens_by_passphrase(content)


def test_an_archive_cut_at_any_block_is_refused():
    whole = _packed()
    end = whole.rindex(b"content of") + 512  # what follows are the zeros at the end of an archive
    for size in range(0, end - 512, 512):
        with pytest.raises(BackupError):
            Backup.unpacked(whole[:size])


def test_a_changed_byte_of_a_part_is_seen():
    whole = bytearray(_packed())
    whole[whole.index(b"content of state")] ^= 1
    with pytest.raises(BackupError, match=r"state\.json is not what was saved"):
        Backup.unpacked(bytes(whole))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive" * 100,
        _archive("../../evil"),
        _archive("/etc/evil"),
        _archive(MANIFEST, "other"),
        _archive(MANIFEST, MANIFEST),
        _archive(_special(PARTS[0], tarfile.SYMTYPE)),
        _archive(_special(PARTS[0], tarfile.LNKTYPE)),
        _archive(_special(PARTS[0], tarfile.CHRTYPE)),
        _archive(_special(PARTS[0], tarfile.DIRTYPE)),
        _archive(*PARTS),
    ],
)
def test_an_archive_with_other_things_is_refused(content):
    with pytest.raises(BackupError, match="is no backup of this toolkit"):
        Backup.unpacked(content)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b'{"format": "1"}', b'{"format": 0}'])
def test_an_unreadable_manifest_is_damage(content):
    with pytest.raises(BackupError, match="its manifest can't be read"):
        Backup.unpacked(_archive(MANIFEST, content=content))


@pytest.mark.parametrize(
    "changes",
    [
        {"ports": {"keycloak": 0}},
        {"ports": {"keycloak": 70000}},
        {"made": "yesterday"},
        {"data_id": ""},
        {"client": ""},
        {"user": "x" * 65},
        {"more": 1},
    ],
)
def test_a_manifest_with_wrong_values_is_damage(changes):
    with pytest.raises(BackupError, match="its manifest can't be read"):
        Backup.unpacked(_with_manifest(**changes))


def test_a_missing_part_is_damage():
    with pytest.raises(BackupError, match="its parts are not those"):
        Backup.unpacked(_with_manifest(digests={}))


def test_a_newer_format_names_the_version_that_wrote_it():
    with pytest.raises(BackupError, match=r"by a newer version \(9\.0\)"):
        Backup.unpacked(_with_manifest(format=2, provision="9.0"))


def test_a_sparse_member_that_claims_gigabytes_is_refused():
    """The old GNU format: a few bytes of the archive stand for as many zeros as its header says."""
    info = tarfile.TarInfo(PARTS[0])
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"77777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header[:512]):06o}\0 ".encode()
    with pytest.raises(BackupError, match="is no backup of this toolkit"):
        Backup.unpacked(bytes(header) + bytes(1024))


def test_a_backup_of_another_stack_or_project_is_refused():
    refuse_misfit(_MANIFEST, "shop", "dev")
    for project, stack in (("shop", "test"), ("other", "dev")):
        with pytest.raises(BackupError, match="The backup is of stack dev of project shop"):
            refuse_misfit(_MANIFEST, project, stack)


@pytest.mark.parametrize("keycloak", ["99.0.0", "26.99.0", f"{VERSION}.1"])
def test_data_of_a_newer_keycloak_is_refused(keycloak):
    with pytest.raises(BackupError, match="newer than the Keycloak"):
        refuse_misfit(_MANIFEST.model_copy(update={"keycloak": keycloak}), "shop", "dev")


@pytest.mark.parametrize("keycloak", ["25.0.6", "26.0.0", VERSION, f"{VERSION}-SNAPSHOT"])
def test_data_of_an_older_keycloak_is_migrated_by_keycloak(keycloak):
    refuse_misfit(_MANIFEST.model_copy(update={"keycloak": keycloak}), "shop", "dev")


def test_a_file_is_written_for_this_user_only_and_replaces_none_unasked(tmp_path):
    file = tmp_path / "a.age"
    backup_file.write(file, b"one", replace=False)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="exists already"):
        backup_file.write(file, b"two", replace=False)
    assert file.read_bytes() == b"one"
    backup_file.write(file, b"two", replace=True)
    assert file.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [file]


def test_what_only_one_runtime_has_is_left_out_of_the_state_with_all_references():
    def resource(kind, **more):
        return {"urn": f"urn:pulumi:dev::shop::{kind}::x", "type": kind, **more}

    process = resource("provision:process:Keycloak")
    realm = resource(
        "provision:keycloak:Realm",
        dependencies=[process["urn"]],
        propertyDependencies={"instance": [process["urn"]], "name": None},
        deletedWith=process["urn"],
        inputs={"name": "r"},
    )
    others = [
        resource("provision:index:Runtime"),
        resource("provision:keycloak:User", delete=True),
    ]
    stack = resource("pulumi:pulumi:Stack")
    secret = resource("provision:index:GeneratedSecret", parent=stack["urn"], dependencies=[realm["urn"]])
    of_the_user = resource("random:index/randomId:RandomId", parent=stack["urn"])
    saved = [stack, process, realm, *others, secret, of_the_user]
    kept = json.loads(_state(saved, registry.runtime("process"), "id"))
    assert [item["type"] for item in kept] == [item["type"] for item in (stack, realm, secret, of_the_user)]
    assert kept[1]["dependencies"] == []
    assert kept[1]["propertyDependencies"] == {"instance": [], "name": []}
    assert "deletedWith" not in kept[1]
    assert kept[1]["inputs"] == {"name": "r"}
    assert kept[2] == secret
