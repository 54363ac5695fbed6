"""What is remembered of a started program, in its home folder.

A pid alone proves nothing, for pids are used again; the pair with the time of the process's creation does.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

RECORD = "process.json"
KEY = "process.key"
SAME_MOMENT = 0.05


@dataclass(frozen=True, kw_only=True)
class ManagedProcess:
    """A program that runs.

    Args:
        pid: Its process id.
        created: When it was created, in seconds since the epoch, as the kernel keeps it.
        digest: Keyed digest of the settings that it was started with.
        ready: Whether it has ever been seen ready.
        files: The names of the files that were written for it.
        reads: Keyed digest of what the files of somebody else's held that it reads at its start; empty when there are none.
    """

    pid: int
    created: float
    digest: str
    ready: bool = False
    files: tuple[str, ...] = ()
    reads: str = ""


def read(home: Path) -> ManagedProcess | None:
    """Read the record of a home folder; None when there is none, or none that can be understood."""
    try:
        content = json.loads((home / RECORD).read_text())
        known = {field.name for field in fields(ManagedProcess)}
        managed = ManagedProcess(**{key: value for key, value in content.items() if key in known})
        return replace(
            managed, pid=int(managed.pid), created=float(managed.created), files=tuple(managed.files)
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def write(home: Path, managed: ManagedProcess) -> None:
    """Write the record, in one piece."""
    write_private(home / RECORD, json.dumps(asdict(managed)), mode=0o600)


def remove(home: Path) -> None:
    """Forget what was started."""
    (home / RECORD).unlink(missing_ok=True)


def process_of(managed: ManagedProcess) -> psutil.Process | None:
    """Give the live process of a record, or None when it is gone or the pid is another's by now."""
    import psutil

    process = _same_process(managed)
    with suppress(psutil.Error):
        if process and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def is_leaving(managed: ManagedProcess) -> bool:
    """Tell whether the process has ended but is not gone yet: it may hold its port for a moment still."""
    return _same_process(managed) is not None and process_of(managed) is None


def _same_process(managed: ManagedProcess) -> psutil.Process | None:
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(managed.pid)
        if abs(process.create_time() - managed.created) < SAME_MOMENT:
            return process
    return None


def keyed_digest(home: Path, content: object) -> str:
    """Give a digest of JSON-like content under a key that never leaves the home folder.

    Without the key, a digest of a short secret could be tried against a list of likely ones.
    """
    import hashlib
    import hmac

    return hmac.new(_key(home), json.dumps(content).encode(), hashlib.sha256).hexdigest()


def write_private(path: Path, text: str, *, mode: int = 0o400) -> None:
    """Write a file that only this user can read, in one piece: never half of it, never readable by others."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


def _key(home: Path) -> bytes:
    path = home / KEY
    if not path.exists():
        write_private(path, os.urandom(32).hex())
    return path.read_bytes()
