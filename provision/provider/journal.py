"""What this provider made that no state may know of yet.

An engine writes its state after a step, or with ``PULUMI_SKIP_CHECKPOINTS`` once at the end; one that is killed in
between forgets what it made. The journal remembers: an object that exists already and is in it was made by an earlier run
of the same stack, so it is neither adopted nor left behind. An entry is dropped as soon as the engine shows that its
state has the object (it asks for a diff, a read or a delete). The file holds names and former settings, never a secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

Step = Literal["begun", "made", "adopted"]


@dataclass(frozen=True)
class Entry:
    """How far an earlier run came with an object.

    Args:
        step: ``begun`` when its answer was never seen, ``made``, or ``adopted``.
        before: Of an adopted one, what it looked like before.
    """

    step: Step
    before: dict[str, Any] | None = None


class Journal:
    """The journal of one stack on one Keycloak; safe to use from many threads.

    Args:
        file: Where it is kept, made with the first entry; None to keep it in memory only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._entries = _read(file) if file is not None else {}
        self._earlier = frozenset(self._entries)

    @property
    def holds_entries(self) -> bool:
        """Whether there is anything to drop."""
        return bool(self._entries)

    def recall(self, key: str) -> Entry | None:
        """What an earlier run left of the object with that key (type token and import id), or None."""
        with self._lock:
            return self._entries.get(key) if key in self._earlier else None

    def note(self, key: str, step: Step, before: dict[str, Any] | None = None) -> None:
        """Remember a step, on the disk before this returns to its caller."""
        with self._lock:
            self._entries[key] = Entry(step, before)
            self._append(_record(key, self._entries[key]))

    def drop(self, key: str, *, for_good: bool = False) -> None:
        """The state has the object.

        Args:
            key: The object.
            for_good: It is about to be removed: whatever has its name later is somebody else's.
        """
        with self._lock:
            if self._entries.pop(key, None) is not None and for_good:
                self._append({"key": key})

    def tidy(self) -> None:
        """Keep on the disk only the entries that still stand."""
        with self._lock:
            if self._file is None or not self._file.exists():
                return
            if not self._entries:
                self._file.unlink(missing_ok=True)
                return
            temporary = self._file.with_suffix(f".{os.getpid()}")
            temporary.touch(mode=0o600)
            temporary.write_text("".join(_line(_record(*item)) for item in self._entries.items()))
            temporary.replace(self._file)

    def _append(self, record: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except FileNotFoundError:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, _line(record).encode())
        finally:
            os.close(descriptor)


def file_of(folder: Path, *identity: str) -> Path:
    """The journal's file for a stack.

    Args:
        folder: Where journals are kept.
        identity: What tells this stack from any other: backend, project, stack, Keycloak.
    """
    return folder / f"{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]}.jsonl"


def _record(key: str, entry: Entry) -> dict[str, Any]:
    record = {"key": key, "step": entry.step, "before": entry.before}
    return {name: value for name, value in record.items() if value is not None}


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"


def _read(file: Path) -> dict[str, Entry]:
    """The entries that still stand. The last line may be cut off: its step was never taken."""
    entries: dict[str, Entry] = {}
    with suppress(FileNotFoundError):
        for line in file.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                record = json.loads(line)
                entries.pop(record["key"], None)
                if "step" in record:
                    entries[record["key"]] = Entry(record["step"], record.get("before"))
    return entries
