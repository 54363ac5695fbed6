"""The journal of objects that this provider made and that no state may know of yet.

An engine writes its state after a step, or with ``PULUMI_SKIP_CHECKPOINTS`` once at the end; an engine that is killed
in between forgets the objects that it made. The journal remembers these objects: an object that exists already and is
in the journal was made by an earlier run of the same stack, so the object is neither adopted nor left behind. An entry
is dropped as soon as the engine shows that its state has the object (the engine asks for a diff, a read or a delete).
The file holds names and former settings, never a secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from provision._lib.errors import ProvisionError
from provision._lib.private_file import make_private_folder, write_private

if TYPE_CHECKING:
    import io
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

Step = Literal["begun", "made", "adopted", "inherited"]


@dataclass(frozen=True)
class Entry:
    """The progress of an earlier run with one object.

    Args:
        step: ``begun`` if Keycloak's answer was never seen, ``made``, ``adopted``, or ``inherited`` from a resource of ours that
            had another name.
        before: The settings of an adopted object before its adoption, also if it was adopted under that other name.
    """

    step: Step
    before: dict[str, Any] | None = None


class Journal:
    """The journal of one stack on one Keycloak; safe to use from many threads.

    Args:
        file: The file of the journal, made with the first entry; None keeps the journal in memory only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._entries = _read(file) if file is not None else {}
        self._earlier = frozenset(self._entries)
        self._taken: set[str] = set()

    @property
    def holds_entries(self) -> bool:
        """Return whether the journal has entries to drop."""
        return bool(self._entries)

    def take(self, key: str) -> None:
        """Remember, for this run only, that a resource of the program has the object now."""
        with self._lock:
            self._taken.add(key)

    def is_taken(self, key: str) -> bool:
        """Return whether a resource of the program got the object in this run."""
        with self._lock:
            return key in self._taken

    def recall(self, key: str) -> Entry | None:
        """Return the entry that an earlier run left for the key (type token and import id), or None."""
        with self._lock:
            return self._entries.get(key) if key in self._earlier else None

    def note(self, key: str, step: Step, before: dict[str, Any] | None = None) -> None:
        """Remember a step; the entry is on the disk before the call returns."""
        with self._lock:
            self._entries[key] = Entry(step, before)
            self._append(_record(key, self._entries[key]))

    def drop(self, key: str, *, for_good: bool = False) -> None:
        """Drop the entry of an object that the engine's state has.

        Args:
            key: The object.
            for_good: The object is about to be removed: a later object of its name is somebody else's.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and (entry.step != "inherited" or for_good):
                del self._entries[key]
            # The file may have the entry still, although the state that was read in this run has the object.
            if for_good and (entry is not None or key in self._earlier):
                self._append({"key": key})

    def tidy(self) -> None:
        """Keep on the disk only the entries that are still valid; the run of the engine ends."""
        with self._lock:
            self._taken.clear()
            if self._file is None or not self._file.exists():
                return
            if not self._entries:
                self._file.unlink(missing_ok=True)
                return
            valid = "".join(_line(_record(*item)) for item in self._entries.items())
            write_private(self._file, valid, mode=0o600)

    def _append(self, record: dict[str, Any]) -> None:
        """Add a line to the file.

        Raises:
            ProvisionError: The file can't be written.
        """
        if self._file is None:
            return
        try:
            self._append_to(self._file, record)
        except OSError as error:
            raise ProvisionError(
                f"The journal {self._file} can't be written: {error.strerror}.",
                "Make space on its disk, or let this user write to its folder.",
            ) from error

    @staticmethod
    def _append_to(path: Path, record: dict[str, Any]) -> None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except FileNotFoundError:
            make_private_folder(path.parent)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            size = os.fstat(descriptor).st_size
            is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            _write_whole(file, (b"\n" if is_cut else b"") + _line(record).encode())


def file_of(folder: Path, backend: str, project: str, stack: str, place: str) -> Path:
    """Return the journal's file of a stack in one world.

    Args:
        folder: The folder of all journals.
        backend: The backend that holds the stack's state.
        project: The project's name.
        stack: The stack's name.
        place: The Keycloak, or empty for what is on this machine.
    """
    return folder / f"{_digest(backend, project, stack)}-{_digest(place)}.jsonl"


def forget(folder: Path, backend: str, project: str, stack: str) -> None:
    """Remove the journals of a stack that is removed, for every Keycloak; see :func:`file_of`."""
    for file in files_of(folder, backend, project, stack):
        file.unlink(missing_ok=True)


def files_of(folder: Path, backend: str, project: str, stack: str) -> list[Path]:
    """Return the journals of a stack, for every Keycloak; see :func:`file_of`."""
    return list(folder.glob(f"{_digest(backend, project, stack)}-*"))


def settle(files: Iterable[Path], present: Collection[str]) -> list[str]:
    """Drop what a completed run did not take up, since its program does not declare it any more; return the keys.

    Args:
        files: The journals of a stack.
        present: The objects of the stack's state, see :func:`recorded`.
    """
    dropped = []
    for file in files:
        journal = Journal(file)
        for key in sorted(keys(file).difference(present)):
            journal.drop(key, for_good=True)
            dropped.append(key)
        journal.tidy()
    return dropped


def recorded(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the objects of a state, each as type token and import id.

    Args:
        resources: The resources of the state, as Pulumi writes them.
    """
    return frozenset(f"{item['type']} {item.get('id')}" for item in resources)


def keys(file: Path) -> frozenset[str]:
    """Return the objects in a journal, each as type token and import id."""
    return frozenset(_read(file))


def _digest(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


def _record(key: str, entry: Entry) -> dict[str, Any]:
    record = {"key": key, "step": entry.step, "before": entry.before}
    return {name: value for name, value in record.items() if value is not None}


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"


def _write_whole(file: io.FileIO, content: bytes) -> None:
    """Write all bytes; a disk that fills up may take only a part of a write and refuse the rest with an error."""
    while content:
        content = content[file.write(content) :]


def _read(file: Path) -> dict[str, Entry]:
    """Return the entries that are still valid.

    A line that is no entry is skipped: a full disk or a kill cut the line off, and its step was never taken.
    """
    entries: dict[str, Entry] = {}
    with suppress(FileNotFoundError):
        for line in file.read_bytes().splitlines():
            match _parsed(line):
                case {"key": str(key), "step": "begun" | "made" | "adopted" | "inherited" as step, **rest}:
                    before = rest.get("before")
                    entries[key] = Entry(step, before if isinstance(before, dict) else None)
                case {"key": str(key), **rest} if "step" not in rest:
                    entries.pop(key, None)
    return entries


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
