"""The files of one stack in the backend's own folder: the state with its copy, and the locks.

A disk that fills up, a kill or a loss of power leaves files that the engine can't read and does not explain. Every
file here is either told apart as damaged, with the way out, or removed because it holds nothing.
"""

from __future__ import annotations

import json
import shutil
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision._lib.hints import hint
from provision._lib.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import psutil

_OURS = ("provision:", "docker:")
"""The types of objects that the journal and the runtime know better than the engine does."""
_KINDS = ("stacks", "history", "backups", "locks", "locks/organization")
_BEING_WRITTEN_SECONDS = 1.0
"""A live engine writes a lock within milliseconds; a file that is not whole after this time is a leftover."""
_CLOCK_SECONDS = 2.0
_ASK_SECONDS = 0.05


class DamagedStateError(ProvisionError):
    """A state file that the engine can't read; the text names the file and the way out."""


@dataclass(frozen=True)
class StateFile:
    """The state of one stack in the backend's own folder.

    Args:
        folder: The backend's folder.
        project: The project's name.
        stack: The stack's name.
    """

    folder: Path
    project: str
    stack: str

    @property
    def path(self) -> Path:
        """The state file, which the engine writes at the end of every operation."""
        return self.folder / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"

    @property
    def copy(self) -> Path:
        """The state before the last write, which the engine keeps beside the state file."""
        return self.path.with_name(f"{self.path.name}.bak")

    def checkpoint(self, *, is_up: bool = False) -> dict[str, Any] | None:
        """Return the last checkpoint, secrets encrypted; None if the stack has no state.

        Args:
            is_up: Whether the stack's folder shows that the stack is up, so that a missing file is a lost one.

        Raises:
            DamagedStateError: The file is damaged or lost.
        """
        try:
            return _checkpoint(self.path)
        except FileNotFoundError:
            if is_up and self.copy.is_file():
                raise self._damaged("is missing, though the stack is up") from None
            return None
        except _UnreadableError as error:
            raise self._damaged(str(error)) from None

    def drop_pending(self, checkpoint: Mapping[str, Any]) -> None:
        """Remove the engine's notes of operations on our objects that a killed engine began. The caller holds the stack's lock.

        The provider's journal, and the runtime, know what came of them. The engine would tell of each note in words of its
        own, and again at every run, for only a refresh removes them.

        Args:
            checkpoint: The content of the state file.
        """
        latest = checkpoint.get("latest") or {}
        pending = latest.get("pending_operations") or ()
        kept = [item for item in pending if not item["resource"]["type"].startswith(_OURS)]
        if len(kept) == len(pending):
            return
        document = json.loads(self.path.read_bytes())
        document["checkpoint"] = {**checkpoint, "latest": {**latest, "pending_operations": kept}}
        write_private(self.path, json.dumps(document, indent=4), mode=stat.S_IMODE(self.path.stat().st_mode))

    def restore(self) -> Path | None:
        """Put the copy in the place of a damaged or missing state file; return where the damaged file is kept.

        Raises:
            DamagedStateError: The copy is damaged too.
            ProvisionError: The state file is whole, or there is no copy.
        """
        try:
            if _checkpoint(self.path) is not None:
                raise ProvisionError(
                    f"The state of stack {self.stack} is whole: there is nothing to restore.",
                    f"Leave out --restore-backup: {hint('up', stack=self.stack)}.",
                )
        except (FileNotFoundError, _UnreadableError):
            pass
        try:
            _checkpoint(self.copy)
        except (FileNotFoundError, _UnreadableError):
            raise self._damaged("can't be restored, for its copy is not whole either") from None
        kept = None
        if self.path.exists():
            kept = self.path.with_name(f"{self.path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            self.path.replace(kept)
        write_private(self.path, self.copy.read_bytes(), mode=stat.S_IMODE(self.copy.stat().st_mode))
        self.remove_unreadable_notes()
        return kept

    def _damaged(self, why: str) -> DamagedStateError:
        remove = (
            f"{hint('down', '--remove', stack=self.stack)} stops what runs and removes the stack; "
            f"{hint('up', stack=self.stack)} then makes it anew."
        )
        try:
            _checkpoint(self.copy)
        except (FileNotFoundError, _UnreadableError):
            do = remove
        else:
            made = datetime.fromtimestamp(self.copy.stat().st_mtime).astimezone()
            do = (
                f"{hint('up', '--restore-backup', stack=self.stack)} goes on from the copy of {made:%Y-%m-%d %H:%M:%S} "
                f"beside it, {self.copy.name}, and keeps the damaged file."
            )
        return DamagedStateError(f"The state of stack {self.stack} is damaged: {self.path} {why}.", do)

    def locks(self) -> list[Path]:
        """Return the locks on the stack."""
        return list(self._lock_folder("*.json"))

    def remove_leftovers(self) -> None:
        """Remove what killed engines left: stale locks and half-written files. The caller holds the stack's own lock.

        A lock is stale if its process is gone, is a zombie, or started after the lock was made.
        """
        leftovers = [*self._lock_folder("*.tmp"), *self.path.parent.glob(f"{self.path.name}*.tmp")]
        for file in leftovers:
            if _remains(file):
                file.unlink(missing_ok=True)
        for file in self.locks():
            if _is_stale(file):
                file.unlink(missing_ok=True)
        self.remove_unreadable_notes()

    def remove_unreadable_notes(self) -> None:
        """Remove the engine's notes beside files if they are cut off: the engine needs none, but can't read a cut one."""
        notes = self.folder / ".pulumi" / "meta.yaml"
        attributes = (*notes.parent.glob("*.attrs"), *self.path.parent.glob(f"{self.stack}.json*.attrs"))
        for file in (notes, *attributes):
            if _is_cut_note(file) and _remains(file) and _is_cut_note(file):
                file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove everything that the backend holds about the stack: state, history, backups, locks."""
        for kind in _KINDS:
            # The place is named whole: a project may have the name of one of its stacks.
            base = self.folder / ".pulumi" / kind / self.project
            if (base / self.stack).is_dir():
                shutil.rmtree(base / self.stack)
            for file in base.glob(f"{self.stack}.json*"):
                file.unlink(missing_ok=True)

    def _lock_folder(self, pattern: str) -> Iterable[Path]:
        return (self.folder / ".pulumi" / "locks").glob(f"**/{self.project}/{self.stack}/{pattern}")


class _UnreadableError(Exception):
    """A state file with a content that is no state; the text continues a sentence about the file."""


def _checkpoint(file: Path) -> dict[str, Any]:
    """Return the checkpoint in a file.

    Raises:
        FileNotFoundError: There is no such file.
        _UnreadableError: The file holds no checkpoint.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _UnreadableError(f"can't be read ({error.strerror})") from error
    if not content.strip(b"\0 \r\n\t"):
        raise _UnreadableError("is empty")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _UnreadableError("is cut off or overwritten") from error
    checkpoint = document.get("checkpoint") if isinstance(document, dict) else None
    latest = checkpoint.get("latest") if isinstance(checkpoint, dict) else None
    if not isinstance(checkpoint, dict) or not (latest is None or _is_deployment(latest)):
        raise _UnreadableError("holds no state")
    return checkpoint


def _is_deployment(latest: object) -> bool:
    """Return whether a value has the shape of a deployment, as far as we rely on it."""
    if not isinstance(latest, dict):
        return False
    resources, pending = (latest.get(part) for part in ("resources", "pending_operations"))
    resources, pending = [] if resources is None else resources, [] if pending is None else pending
    return (
        isinstance(resources, list)
        and isinstance(pending, list)
        and all(map(_is_resource, resources))
        and all(isinstance(item, dict) and _is_resource(item.get("resource")) for item in pending)
    )


def _is_resource(value: object) -> bool:
    match value:
        case {"type": str(), "urn": str(), **rest}:
            return all(isinstance(rest.get(part), dict | None) for part in ("inputs", "outputs"))
    return False


def _is_stale(file: Path) -> bool:
    """Return whether nobody holds the lock: its process on this machine is gone, or the lock is no lock."""
    import socket

    holder = _holder(file)
    if holder is None:
        return _remains(file) and _holder(file) is None
    pid, host, made = holder
    return host == socket.gethostname() and not _lives(pid, made)


def _holder(file: Path) -> tuple[int, str, float | None] | None:
    """Return process id, host and time of a lock; None if the file is no lock, or not yet."""
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    match document:
        case {"pid": int(pid), "hostname": str(host), **rest} if pid > 0:
            return pid, host, _seconds(rest.get("timestamp"))
    return None


def _seconds(timestamp: object) -> float | None:
    try:
        return datetime.fromisoformat(str(timestamp)).timestamp()
    except ValueError:
        return None


def _lives(pid: int, made: float | None) -> bool:
    """Return whether the process that made a lock at a time still lives."""
    import psutil

    try:
        process = psutil.Process(pid)
        if _is_zombie(process):
            return False
        return made is None or process.create_time() <= made + _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _is_zombie(process: psutil.Process) -> bool:
    import psutil

    return process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


def _is_cut_note(file: Path) -> bool:
    """Return whether a note of the engine is there and not whole."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return False
    if file.suffix == ".yaml":
        return b"version" not in content
    try:
        json.loads(content)
    except ValueError:
        return True
    return False


def _remains(file: Path) -> bool:
    """Return whether a half-written file stays as it is: a live engine finishes its file within milliseconds."""
    try:
        while abs(time.time() - file.stat().st_mtime) < _BEING_WRITTEN_SECONDS:
            time.sleep(_ASK_SECONDS)
    except FileNotFoundError:
        return False
    return True
