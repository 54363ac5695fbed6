"""Another user of this machine, who collects whatever a running command leaves open; a program that becomes that user.

It connects to every port of the loopback address, reads every file that it may read below some folders, and the command
lines and environments of all processes, over and over. What it got is written, as JSON, when it is told to stop (by the end of
its standard input).
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - cannot be imported any more once the rights are given up
import json
import os
import select
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
_LISTEN = "0A"
_KNOCKS = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",  # a gRPC client begins so
    b"GET /state HTTP/1.0\r\n\r\n",
)
_MOST = 1 << 16


class Loot:
    """What another user got, known once the context has ended.

    Args:
        files: The content of each file, by its path.
        answers: What listeners answered, by port.
        processes: Command lines and environments.
        rounds: How often everything was tried.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.answers: dict[str, str] = {}
        self.processes: list[str] = []
        self.rounds = 0

    def text(self) -> str:
        """Return everything as one text."""
        return "\n".join([*self.files.values(), *self.answers.values(), *self.processes])


@contextmanager
def attacking(*folders: Path) -> Iterator[Loot]:
    """Have another user collect what it can while the context lasts; for root only.

    Args:
        folders: The folders in which that user looks for files.
    """
    loot = Loot()
    process = subprocess.Popen(
        [sys.executable, "-I", __file__, *map(str, folders)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    try:
        yield loot
        output, _ = process.communicate("", timeout=60)
        vars(loot).update(json.loads(output))
    finally:
        process.kill()
        process.wait()


def _ports() -> Iterator[int]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == _LISTEN:
                    yield int(local.rpartition(":")[2], 16)


def _knock(port: int) -> str:
    found = b""
    for knock in _KNOCKS:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2) as wire:
            wire.sendall(knock)
            wire.settimeout(0.2)
            while len(found) < _MOST and (part := wire.recv(4096)):
                found += part
    return found.decode(errors="replace")


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as simple as can be
            return file.read(_MOST).decode(errors="replace")
    except OSError:
        return None


def _collect(folders: list[str], loot: dict[str, Any]) -> None:
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)  # noqa: PTH118
                if not os.path.islink(path) and (text := _read(path)) is not None:  # noqa: PTH114
                    loot["files"][path] = text
    for port in set(_ports()):
        if answer := _knock(port):
            loot["answers"][str(port)] = answer
    for pid in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        for name in ("cmdline", "environ"):
            if text := _read(f"/proc/{pid}/{name}"):
                loot["processes"].add(text)
    loot["rounds"] += 1


def _main(folders: list[str]) -> None:
    os.setgroups([])  # only now, for the interpreter itself may lie in root's home
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    loot: dict[str, Any] = {"files": {}, "answers": {}, "processes": set(), "rounds": 0}
    while not select.select([sys.stdin], [], [], 0)[0]:
        _collect(folders, loot)
    json.dump(loot | {"processes": sorted(loot["processes"])}, sys.stdout)


if __name__ == "__main__":
    _main(sys.argv[1:])
