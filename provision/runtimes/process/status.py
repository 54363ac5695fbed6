"""The status of a stack's processes."""

from __future__ import annotations

import json
from pathlib import Path

from provision.runtimes.process import record
from provision.runtimes.protocol import RunningProcess

_SETTINGS_FILE = "settings.json"  # the server's settings, in the folder of its process


def processes(stack_home: Path) -> tuple[RunningProcess, ...]:
    """Return every process that was ever started in a stack, whether it runs or not.

    Args:
        stack_home: The folder of the stack.
    """
    from provision.runtimes.process import managed_process

    found = []
    for home in _homes(stack_home):
        running = managed_process.running(home)
        found.append(
            RunningProcess(name=home.name, pid=running.pid if running else None, log=str(_log_of(home)))
        )
    return tuple(found)


def _homes(stack_home: Path) -> list[Path]:
    """Return the folders of processes; other runtimes have folders beside them, for images and copies of logs."""
    if not stack_home.is_dir():
        return []
    marks = (record.RECORD, record.KEY)  # the key stays when a process is stopped
    return sorted(home for home in stack_home.iterdir() if any((home / mark).is_file() for mark in marks))


def _log_of(home: Path) -> Path:
    """Return the log in a process's folder, by any name that ends in ``.log``."""
    return next(iter(sorted(home.glob("*.log"))), home / "process.log")


def audit_log(process: RunningProcess) -> str | None:
    """Return the file with the audit lines of a server, or None if the process is no MCP server of the stack.

    Args:
        process: A process from :func:`processes`.
    """
    home = Path(process.log).parent
    try:
        settings = json.loads((home / _SETTINGS_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(settings, dict) or "verifier" not in settings:
        return None
    named = settings.get("audit_file")
    return str(home / named) if named else process.log


def stop_all(stack_home: Path) -> None:
    """Stop all processes of a stack that still run.

    Args:
        stack_home: The folder of the stack.
    """
    from provision.runtimes.process import managed_process

    for home in _homes(stack_home):
        managed_process.stop(home)
