"""The record of a started process in its home folder.

A pid alone does not identify a process, since pids are reused; a pid and a creation time together do.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING

from provision._lib.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

RECORD = "process.json"
KEY = "process.key"
SAME_MOMENT = 0.05
_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class ManagedProcess:
    """A started process.

    Args:
        pid: The process id.
        created: The time of creation, in seconds since the epoch, as the kernel records it.
        digest: The keyed digest of the settings that the process was started with.
        ready: Whether the process has ever been ready.
        files: The names of the files that were written for the process.
        reads: The keyed digest of the user's files that the process read at its start; empty if there are none.
    """

    pid: int
    created: float
    digest: str
    ready: bool = False
    files: tuple[str, ...] = ()
    reads: str = ""

    @property
    def is_recorded(self) -> bool:
        """False if the process was found by its command line, because its record is lost."""
        return self.digest != ""


def read(home: Path) -> ManagedProcess | None:
    """Return the record of a home folder, or None if the record is missing, unreadable or no record of a process."""
    try:
        content = json.loads((home / RECORD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    match content:
        case {"pid": int(pid), "created": int() | float() as created, "digest": str(digest), **rest}:
            files, reads = rest.get("files", []), rest.get("reads", "")
        case _:
            return None
    if not digest or isinstance(pid, bool) or pid <= 0 or not isfinite(created) or not isinstance(reads, str):
        return None
    if not isinstance(files, list) or not all(map(_is_file_name, files)):
        return None
    return ManagedProcess(
        pid=pid,
        created=float(created),
        digest=digest,
        ready=rest.get("ready") is True,
        files=tuple(files),
        reads=reads,
    )


def _is_file_name(name: object) -> bool:
    """Return whether the name is one of a file in the home folder, and nowhere else."""
    return isinstance(name, str) and name not in {"", ".", ".."} and "/" not in name and "\0" not in name


def write(home: Path, managed: ManagedProcess) -> None:
    """Write the record atomically."""
    write_private(home / RECORD, json.dumps(asdict(managed)), mode=0o600)


def remove(home: Path) -> None:
    """Remove the record."""
    (home / RECORD).unlink(missing_ok=True)


def process_of(managed: ManagedProcess) -> psutil.Process | None:
    """Return the live process of a record, or None if the process is gone or another process has the pid now."""
    import psutil

    process = _same_process(managed)
    with suppress(psutil.Error):
        if process and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def is_leaving(managed: ManagedProcess) -> bool:
    """Return whether the process is ending but not gone yet, so that it may still hold its port for a moment."""
    return _same_process(managed) is not None and process_of(managed) is None


def is_stopped(managed: ManagedProcess) -> bool:
    """Return whether a signal such as SIGSTOP holds the process, so that it does nothing."""
    import psutil

    process = _same_process(managed)
    with suppress(psutil.Error):
        return process is not None and process.status() == psutil.STATUS_STOPPED
    return False


def _same_process(managed: ManagedProcess) -> psutil.Process | None:
    import psutil

    with suppress(psutil.Error, OverflowError):  # a number that is too large is no process of any system
        process = psutil.Process(managed.pid)
        if abs(process.create_time() - managed.created) < SAME_MOMENT:
            return process
    return None


def keyed_digest(home: Path, content: object) -> str:
    """Return a digest of JSON-like content under a key that never leaves the home folder.

    Without the key, a digest of a short secret could be compared with digests of likely secrets.
    """
    import hashlib
    import hmac

    return hmac.new(_key(home), json.dumps(content).encode(), hashlib.sha256).hexdigest()


def _key(home: Path) -> bytes:
    """Return the folder's key; a key that is lost or cut off is made anew, and no former digest fits then."""
    path = home / KEY
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) < 2 * _KEY_BYTES:
        write_private(path, os.urandom(_KEY_BYTES).hex())
        key = path.read_bytes()
    return key
