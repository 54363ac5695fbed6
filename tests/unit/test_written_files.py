"""Files are written whole and for their readers only: by one function, and each other way has a reason here."""

from __future__ import annotations

import ast
import os
import stat
from pathlib import Path

import pytest

import provision
from provision._lib.private_file import rewrite, write_private

_ROOT = Path(provision.__file__).parent
_OTHER_WAYS = {
    "_lib/private_file.py": "the one function",
    "_lib/cache.py": "a download that goes on where it was cut off; its digest is compared",
    "cli/audit.py": "a report for the user, which may go to a pipe",
    "cli/rules.py": "a policy pack for the user, who looks at it",
    "cli/screen.py": "the device that takes what nobody reads",
    "engine/backup.py": "a scratch folder with mode 0700, and files that must not be there yet",
    "engine/backup_content.py": "a temporary folder with mode 0700",
    "engine/backup_file.py": "a file that must not replace one that came meanwhile",
    "engine/orphan.py": "a lock, which has no content",
    "engine/passphrase.py": "a file that must not replace one that came meanwhile",
    "engine/pulumi_cli.py": "a build in a temporary folder",
    "provider/journal.py": "lines that are appended; a cut one is skipped",
    "resources/stubs.py": "a file of this repository, for developers",
    "runtimes/docker/build_context.py": "what goes into an image, open to all; compared before each use",
    "runtimes/docker/containers.py": "copies of logs in a folder with mode 0700",
    "runtimes/docker/keycloak_build.py": "inside of an image",
    "runtimes/docker/keycloak_database.py": "inside of an image",
    "runtimes/process/database.py": "a preparation in a folder of its own, renamed when it is whole",
    "runtimes/process/launch.py": "a preparation in a folder of its own, renamed when it is whole",
    "runtimes/process/managed_process.py": "a log with mode 0600",
    "runtimes/process/preparation.py": "a preparation in a folder of its own, renamed when it is whole",
    "server/audit.py": "a trail with mode 0600 that is appended to",
}


def _writes(node):
    """Return whether a call writes a file by itself."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in {"write_text", "write_bytes", "copyfile"}:
        return True
    parts = [part.value for item in node.args for part in ast.walk(item) if isinstance(part, ast.Constant)]
    texts = [part for part in parts if isinstance(part, str)]
    if name == "open" and any(set(text) & set("wax+") and set(text) <= set("rwaxbt+") for text in texts):
        return True
    return name == "open" and "O_CREAT" in ast.dump(node)


def _writers():
    for file in sorted(_ROOT.rglob("*.py")):
        if any(map(_writes, ast.walk(ast.parse(file.read_text(encoding="utf-8"))))):
            yield str(file.relative_to(_ROOT))


def test_each_module_that_writes_files_by_itself_has_a_reason():
    assert set(_writers()) == set(_OTHER_WAYS)


def test_a_file_is_written_for_this_user_only(tmp_path):
    file = tmp_path / "a"
    before = os.umask(0)
    try:
        write_private(file, "ü")
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
        write_private(file, b"\0\xff", mode=0o600)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == b"\0\xff"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("former")
    link.symlink_to(target)
    write_private(link, "new")
    assert target.read_text() == "former"
    assert not link.is_symlink()


def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "a"
    file.write_text("former")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(file, "new")
    assert file.read_text() == "former"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_of_the_user_keeps_its_rights_and_its_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("former")
    target.chmod(0o664)
    link.symlink_to(target)
    rewrite(link, b"new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o664)
    assert link.is_symlink()
