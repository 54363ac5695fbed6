"""The ports on which processes of this machine listen."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def ports_of(process: psutil.Process) -> frozenset[int]:
    """Return the TCP ports on which a process and its children listen; empty if they can't be seen.

    Args:
        process: The process, which may have ended.
    """
    import psutil

    found = set()
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return frozenset()
    for member in family:
        with suppress(psutil.Error):
            found |= {
                entry.laddr.port
                for entry in member.net_connections(kind="tcp")
                if entry.status == psutil.CONN_LISTEN and entry.laddr
            }
    return frozenset(found)
