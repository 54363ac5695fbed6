"""The status of a stack's processes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from provision._lib.listeners import ports_of
from provision.runtimes.process import record, search
from provision.runtimes.process.search import SETTINGS_FILE
from provision.runtimes.protocol import RunningProcess

if TYPE_CHECKING:
    from collections.abc import Mapping


def processes(stack_home: Path) -> tuple[RunningProcess, ...]:
    """Return every process that was ever started in a stack, whether it runs or not.

    Args:
        stack_home: The folder of the stack.
    """
    from provision.runtimes.process import managed_process

    found = []
    for home in _homes(stack_home):
        running = managed_process.running(home)
        is_stopped = running is not None and record.is_stopped(running)
        found.append(
            RunningProcess(
                name=home.name,
                pid=running.pid if running else None,
                log=str(_log_of(home)),
                state="stopped" if is_stopped else None,
                works=not is_stopped,
            )
        )
    return tuple(found)


def _homes(stack_home: Path) -> list[Path]:
    """Return the folders of processes, also folders that were removed while their processes run.

    Other runtimes have folders beside them, for images and copies of logs.
    """
    marks = (record.RECORD, record.KEY)  # the key stays when a process is stopped
    folders = stack_home.iterdir() if stack_home.is_dir() else ()
    homes = {home for home in folders if any((home / mark).is_file() for mark in marks)}
    return sorted(homes | search.running_below(stack_home).keys())


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
        settings = json.loads((home / SETTINGS_FILE).read_bytes())
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


def refuse_taken(stack_home: Path, declared: Mapping[int, str], file: str = "") -> None:
    """Refuse ports that are held, unless a process of the stack itself holds them.

    Args:
        stack_home: The folder of the stack, which may not exist yet.
        declared: The key in the stack file that names a port, by port.
        file: The stack file, for the error.

    Raises:
        ProvisionError: A port is taken.
    """
    from provision.runtimes.process import managed_process, ports

    if not all(map(ports.is_free, declared)):
        for home in _homes(stack_home):
            managed_process.await_leaving(home)  # a process that was killed holds its port for a moment
    held = [port for port in declared if not ports.is_free(port)]
    if not held:
        return
    import psutil

    own: set[int] = set()
    for item in processes(stack_home):
        with suppress(psutil.NoSuchProcess):
            own |= ports_of(psutil.Process(item.pid)) if item.pid else set()
    for port in held:
        if port not in own:
            raise ports.taken(port, key=declared[port], file=file)


def make_way(home: Path, port: int) -> None:
    """End another process of the stack that holds a port, unless this command has just started it.

    A stack declares each port once. So the other process leaves the stack in the same update, for example because somebody
    renamed a server, or it moves to another port, where its own update starts it again.

    Args:
        home: The folder of the process that needs the port.
        port: The port.
    """
    from provision.runtimes.process import managed_process, ports

    if ports.is_free(port):
        return
    for other in _homes(home.parent):
        if other != home and _holds(other, port):
            with managed_process.alone(other, other.name):
                if _holds(other, port):
                    managed_process.terminate(other)


def _holds(home: Path, port: int) -> bool:
    """Return whether a process that an earlier command started for a folder listens on a port."""
    from provision.runtimes.process import managed_process

    managed = managed_process.running(home)
    if managed is None or managed_process.is_started_here(managed):
        return False
    process = record.process_of(managed)
    return process is not None and port in ports_of(process)
