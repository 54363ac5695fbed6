"""What of a stack's processes is alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def processes(stack_home: Path) -> list[dict[str, Any]]:
    """The processes that a stack has folders for.

    Args:
        stack_home: The folder of the stack.

    Returns:
        For each its ``name``, its ``pid`` (None when it is not running) and its ``log`` file.
    """
    from provision.runtimes.process import child

    if not stack_home.is_dir():
        return []
    found = []
    for home in sorted(path for path in stack_home.iterdir() if path.is_dir()):
        running = child.running(home)
        found.append({"name": home.name, "pid": running.pid if running else None, "log": str(_log_of(home))})
    return found


def _log_of(home: Path) -> Path:
    """The log in a process's folder, whatever its name is."""
    return next(iter(sorted(home.glob("*.log"))), home / "process.log")


def stop_all(stack_home: Path) -> None:
    """Stop whatever of a stack still runs.

    Args:
        stack_home: The folder of the stack.
    """
    from provision.runtimes.process import child

    if stack_home.is_dir():
        for home in stack_home.iterdir():
            if home.is_dir():
                child.stop(home)
