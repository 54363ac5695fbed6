"""The containers of a stack: what of them runs, and what they wrote."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from provision.runtimes.docker.daemon import daemon

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "mcp-provision.stack"
"""Everything of a stack carries this label, with the stack's name as its value."""
FILES_LABEL = "mcp-provision.files"
"""A container that runs carries this label, too: it tells of which files it was made."""


def processes(stack: str, logs: Path) -> list[dict[str, Any]]:
    """The stack's containers, as :func:`provision.runtimes.process.status.processes` tells of processes.

    Args:
        stack: The value of the label.
        logs: The folder for copies of their logs.

    Raises:
        ProvisionError: The daemon does not answer.
    """
    with daemon() as client:
        # Those without the second label took files for another container and never ran.
        found = client.containers.list(all=True, filters={"label": [f"{LABEL}={stack}", FILES_LABEL]})
        return sorted(
            (
                {
                    "name": str(item.name).removeprefix(f"{stack}-"),
                    "pid": item.attrs["State"]["Pid"] or None if item.status == "running" else None,
                    "log": str(logs / f"{item.name}.log"),
                }
                for item in found
            ),
            key=lambda item: str(item["name"]),
        )


def copy_logs(stack: str, chosen: list[dict[str, Any]], *, follow: bool) -> None:
    """Write what containers wrote into the files that :func:`processes` names.

    Args:
        stack: The value of the label.
        chosen: Which of them.
        follow: Go on, in the background, as long as this process lives.
    """
    for item in chosen:
        name, file = f"{stack}-{item['name']}", item["log"]
        _copy(name, file)
        if follow:
            threading.Thread(target=_go_on, args=(name, file), daemon=True).start()


def _copy(name: str, file: str) -> None:
    with daemon() as client, open(file, "wb") as copy:  # noqa: PTH123 - the name comes as text
        copy.write(client.containers.get(name).logs())


def _go_on(name: str, file: str) -> None:
    import time

    since = int(time.time())
    with daemon() as client, open(file, "ab", buffering=0) as copy:  # noqa: PTH123
        copy.writelines(client.containers.get(name).logs(stream=True, follow=True, since=since))
