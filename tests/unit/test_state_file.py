"""The state of a stack on a disk that was full, after a kill, after a loss of power: damaged files and leftovers."""

from __future__ import annotations

import json
import os
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from provision._lib.errors import ProvisionError
from provision.engine import state_file
from provision.engine.state_file import DamagedStateError, StateFile

_WHOLE = {
    "version": 3,
    "checkpoint": {"stack": "dev", "latest": {"resources": [{"type": "a", "urn": "urn:a"}]}},
}


@pytest.fixture
def state(tmp_path):
    state = StateFile(tmp_path, "shop", "dev")
    state.path.parent.mkdir(parents=True)
    state.path.write_text(json.dumps(_WHOLE))
    state.copy.write_text(json.dumps(_WHOLE))
    return state


@pytest.fixture
def lock(state):
    """Writes a lock and returns its file."""
    folder = state.folder / ".pulumi" / "locks" / "organization" / "shop" / "dev"
    folder.mkdir(parents=True)

    def write(content, name="a.json", *, age=60.0):
        file = folder / name
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        os.utime(file, (time.time() - age,) * 2)
        return file

    return write


def _held(pid, *, seconds=0.0, host=None):
    made = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"pid": pid, "hostname": host or socket.gethostname(), "timestamp": made.isoformat()}


def test_a_whole_state_is_read(state):
    assert state.checkpoint() == _WHOLE["checkpoint"]


def test_a_stack_that_never_was_has_no_state(tmp_path):
    assert StateFile(tmp_path, "shop", "dev").checkpoint() is None
    assert StateFile(tmp_path, "shop", "dev").checkpoint(is_up=True) is None


def test_a_state_cut_at_any_byte_is_damaged_and_never_another_state(state):
    whole = state.path.read_bytes()
    for end in range(len(whole)):
        state.path.write_bytes(whole[:end])
        with pytest.raises(DamagedStateError, match="damaged"):
            state.checkpoint()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\0" * 4096, "is empty"),
        (b'{"version":3,"chec', "is cut off"),
        (b"\xff\xfe\x00", "is cut off or overwritten"),
        (b"[" * 100_000, "is cut off or overwritten"),
        (b"{}", "holds no state"),
        (b"[]", "holds no state"),
        (b'{"checkpoint": 7}', "holds no state"),
        (b'{"checkpoint": {"latest": []}}', "holds no state"),
        (b'{"checkpoint": {"latest": "x"}}', "holds no state"),
        (b'{"checkpoint": {"latest": {"resources": {}}}}', "holds no state"),
        (b'{"checkpoint": {"latest": {"resources": [7]}}}', "holds no state"),
        (b'{"checkpoint": {"latest": {"resources": [{"type": "a"}]}}}', "holds no state"),
        (
            b'{"checkpoint": {"latest": {"resources": [{"type": "a", "urn": "b", "outputs": []}]}}}',
            "holds no state",
        ),
        (b'{"checkpoint": {"latest": {"pending_operations": [{"type": "creating"}]}}}', "holds no state"),
    ],
)
def test_a_damaged_state_is_named_with_what_is_wrong_and_the_one_thing_to_do(state, content, why):
    state.path.write_bytes(content)
    with pytest.raises(DamagedStateError) as error:
        state.checkpoint()
    assert f"{state.path} {why}" in error.value.what
    assert "`provision up --restore-backup -s dev`" in error.value.do
    assert "--remove" not in error.value.do


def test_the_notes_of_operations_whose_end_the_journal_knows_are_dropped(state):
    def noted(*types):
        return [{"type": "creating", "resource": {"type": type_, "urn": f"urn:{type_}"}} for type_ in types]

    document = json.loads(json.dumps(_WHOLE))
    latest = document["checkpoint"]["latest"]
    latest["pending_operations"] = noted("provision:keycloak:Client", "aws:s3:Bucket", "docker:index:Volume")
    state.path.write_text(json.dumps(document))
    state.path.chmod(0o600)
    state.drop_pending(state.checkpoint())
    latest["pending_operations"] = noted("aws:s3:Bucket")
    assert json.loads(state.path.read_text()) == document
    assert state.path.stat().st_mode & 0o777 == 0o600
    before = state.path.stat().st_ino
    state.drop_pending(state.checkpoint())
    assert state.path.stat().st_ino == before, "nothing is written if there is nothing to drop"


@pytest.mark.parametrize("copy", [None, "", "{"])
def test_without_a_whole_copy_the_thing_to_do_is_to_remove_the_stack(state, copy):
    state.path.write_text("")
    state.copy.unlink()
    if copy is not None:
        state.copy.write_text(copy)
    with pytest.raises(DamagedStateError) as error:
        state.checkpoint()
    assert "`provision down --remove -s dev`" in error.value.do
    assert "--restore-backup" not in error.value.do
    with pytest.raises(DamagedStateError, match="copy is not whole"):
        state.restore()


def test_a_state_that_is_gone_while_the_stack_is_up_is_a_lost_one(state):
    state.path.unlink()
    assert state.checkpoint() is None
    with pytest.raises(DamagedStateError, match="is missing, though the stack is up"):
        state.checkpoint(is_up=True)


def test_restoring_takes_the_copy_and_keeps_the_damaged_file(state):
    state.path.write_text('{"cut')
    kept = state.restore()
    assert state.checkpoint() == _WHOLE["checkpoint"]
    assert kept is not None
    assert kept.read_text() == '{"cut'
    assert kept.parent == state.path.parent
    assert state.copy.exists()


def test_restoring_a_missing_file_keeps_nothing(state):
    state.path.unlink()
    assert state.restore() is None
    assert state.checkpoint() == _WHOLE["checkpoint"]


def test_a_whole_state_is_not_replaced_by_its_copy(state):
    state.copy.write_text(json.dumps({"checkpoint": {"latest": None}}))
    with pytest.raises(ProvisionError, match="is whole"):
        state.restore()
    assert state.checkpoint() == _WHOLE["checkpoint"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"pid": "12", "hostname": "x"}', '{"pid": -1, "hostname": "x"}']
)
def test_a_lock_that_is_no_lock_is_removed(state, lock, content):
    file = lock(content)
    state.remove_leftovers()
    assert not file.exists()


def test_half_written_files_of_a_full_disk_are_removed(state, lock):
    files = [lock("", "a.json.1f.tmp"), state.path.with_name("dev.json.2a.tmp")]
    files[1].write_text("")
    os.utime(files[1], (0, 0))
    state.remove_leftovers()
    assert [file.exists() for file in files] == [False, False]
    assert state.path.exists()


def test_a_lock_that_a_live_engine_is_just_writing_is_left_alone(state, lock, monkeypatch):
    file = lock("", age=0.0)

    def finish(_seconds):
        file.write_text(json.dumps(_held(os.getpid(), seconds=60)))
        os.utime(file, (0, 0))

    monkeypatch.setattr(state_file.time, "sleep", finish)
    state.remove_leftovers()
    assert file.exists()


def test_the_lock_of_a_live_engine_stays(state, lock):
    file = lock(_held(os.getpid()))
    state.remove_leftovers()
    assert state.locks() == [file]


def test_the_lock_of_another_machine_stays(state, lock):
    file = lock(_held(2**22, host="elsewhere"))
    state.remove_leftovers()
    assert file.exists()


def test_the_lock_of_a_process_that_started_later_under_the_same_number_is_removed(state, lock):
    file = lock(_held(os.getpid(), seconds=-1_000_000))
    state.remove_leftovers()
    assert not file.exists()


def test_a_lock_without_a_time_counts_as_long_as_its_process_lives(state, lock):
    file = lock({"pid": os.getpid(), "hostname": socket.gethostname()})
    state.remove_leftovers()
    assert file.exists()


def test_the_times_that_the_engine_writes_are_understood():
    assert state_file._seconds("2026-11-29T15:54:41.765368486Z") == pytest.approx(1795967681.765, abs=0.01)
    assert state_file._seconds("gone") is None


def test_notes_of_the_engine_that_were_cut_off_are_removed(state):
    meta = state.folder / ".pulumi" / "meta.yaml"
    meta.write_text("")
    notes = [state.path.with_name("dev.json.attrs"), state.path.with_name("dev.json.bak.attrs")]
    whole = meta.with_name("meta.yaml.attrs")
    whole.write_text("{}")
    for note in notes:
        note.write_text('{"user.ca')
    state.remove_leftovers()
    assert [file.exists() for file in (meta, *notes, whole)] == [False, False, False, True]
    meta.write_text("version: 1\n")
    state.remove_leftovers()
    assert meta.exists()


def test_forgetting_leaves_nothing_of_the_stack_and_all_of_another(state, lock):
    lock(_held(1))
    other = state.path.with_name("devil.json")
    other.write_text("{}")
    state.path.write_text("")
    state.restore()
    state.forget()
    assert [path.name for path in state.folder.rglob("*") if path.is_file()] == ["devil.json"]


def test_forgetting_a_stack_with_the_name_of_its_project_leaves_the_other_stacks(tmp_path):
    state = StateFile(tmp_path, "shop", "shop")
    places = ("stacks/shop", "history/shop/shop", "backups/shop/shop", "locks/organization/shop/shop")
    for place in (*places, "history/shop/dev", "locks/organization/shop/dev", "stacks/other"):
        folder = tmp_path / ".pulumi" / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "shop.json").write_text("{}")
    (tmp_path / ".pulumi/stacks/shop/dev.json").write_text("{}")
    state.forget()
    left = {str(path.relative_to(tmp_path / ".pulumi")) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "stacks/shop/dev.json",
        "stacks/other/shop.json",
        "history/shop/dev/shop.json",
        "locks/organization/shop/dev/shop.json",
    }
