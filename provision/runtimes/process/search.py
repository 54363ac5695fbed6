"""The search for processes by their command lines, for a process whose record or folder is lost."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psutil

KEYCLOAK_HOME = "-Dkc.home.dir="
"""The option that names Keycloak's own folder, which lies in the process's folder."""
SETTINGS_OPTION = "--settings"
SETTINGS_VARIABLE = "MCP_SETTINGS_FILE"
SETTINGS_FILE = "settings.json"
"""The server's settings in the process's folder, which the option or the variable names."""
_ELSEWHERE = 0
"""The leader of a session that was begun outside of this container (pid_namespaces(7))."""


def running_for(home: Path) -> list[psutil.Process]:
    """Return this user's processes that were started for a folder.

    Args:
        home: The folder of a process, which may not exist any more.
    """
    return [process for found, process in _started_here() if found == home]


def running_below(stack_home: Path) -> dict[Path, psutil.Process]:
    """Return this user's processes that were started for folders of a stack, by folder.

    Args:
        stack_home: The stack's folder, which may not exist any more.
    """
    return {home: process for home, process in _started_here() if home.parent == stack_home}


def _started_here() -> Iterator[tuple[Path, psutil.Process]]:
    """Yield processes of sessions without a terminal, as ours are, with the folders that they name.

    They are the leaders of their sessions, or are left of a session whose leader has ended.
    """
    import psutil

    for pid in psutil.pids():
        try:
            leader = os.getsid(pid)
            if leader == _ELSEWHERE or (leader != pid and _lives(leader)):
                continue
            process = psutil.Process(pid)
            if process.uids().real != os.getuid() or process.terminal() is not None:
                continue
            if not _lives(pid):
                continue
            home = home_of(process.cmdline()) or _named_in(process.environ())
        except (psutil.Error, OSError):
            continue
        if home is not None:
            yield home, process


def _lives(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return False


def home_of(command: Sequence[str]) -> Path | None:
    """Return the folder that a command line of ours names, or None for any other command line.

    Args:
        command: The program and its arguments.
    """
    for argument, following in pairwise([*command, ""]):
        if argument.startswith(KEYCLOAK_HOME):
            return Path(argument.removeprefix(KEYCLOAK_HOME)).parent
        if argument == SETTINGS_OPTION and Path(following).name == SETTINGS_FILE:
            return Path(following).parent
    return None


def _named_in(environment: Mapping[str, str]) -> Path | None:
    """Return the folder that the environment of a server of the user's own names."""
    file = Path(environment.get(SETTINGS_VARIABLE, ""))
    return file.parent if file.name == SETTINGS_FILE else None
