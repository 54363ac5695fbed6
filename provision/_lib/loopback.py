"""Which user is at the other end of a connection on this machine.

Every user of a machine can connect to a port of its loopback address, and can listen on one that is free. The kernel
knows whose sockets they are (``/proc/net/tcp`` on Linux); elsewhere the processes of this user are asked.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

ADDRESS: Final = "127.0.0.1"
"""The loopback address, written as a number: the name ``localhost`` may lead to ``::1``, where another user may listen."""

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED, _LISTEN = "01", "0A"
_ROOT = 0


class _Socket(NamedTuple):
    local: str
    remote: str
    state: str
    uid: int
    inode: str


def is_own_peer(peer_port: int, own_port: int) -> bool:
    """Return whether the process that connected from a port of the loopback address runs as this user.

    A connection that is closed already belongs to nobody, so the answer is no.

    Args:
        peer_port: The port from which it connected.
        own_port: The port on which this process listens.
    """
    if not _TABLES[0].exists():
        return any(
            connection.laddr.port == peer_port and connection.raddr and connection.raddr.port == own_port
            for connection in _connections_of_this_user()
        )
    ours, theirs = _written(ADDRESS, own_port), _written(ADDRESS, peer_port)
    return any(
        sock.uid == os.geteuid()
        and sock.inode != "0"  # a socket that no process holds any more counts as root's
        for sock in _sockets()
        if sock.state == _ESTABLISHED and sock.local in theirs and sock.remote in ours
    )


def foreign_listener(port: int) -> int | None:
    """Return the user id of another user, not root, who listens on a port of the loopback address, or None.

    Where the kernel does not tell (macOS), the answer is None.
    """
    if not _TABLES[0].exists():
        return None
    addresses = {*_written(ADDRESS, port), *_written("0.0.0.0", port), _ipv6("::", port)}  # noqa: S104 - compared, not bound
    listeners = (sock.uid for sock in _sockets() if sock.state == _LISTEN and sock.local in addresses)
    return next((uid for uid in listeners if uid not in {_ROOT, os.geteuid()}), None)


def _sockets() -> Iterator[_Socket]:
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:  # IPv6 is off
            continue
        for line in lines:
            fields = line.split()
            yield _Socket(fields[1], fields[2], fields[3], int(fields[7]), fields[9])


def _written(address: str, port: int) -> set[str]:
    """Return how the kernel writes an IPv4 address and port: in its own table, and mapped into IPv6 (RFC 4291 section 2.5.5.2)."""
    return {f"{_words(socket.inet_aton(address))}:{port:04X}", _ipv6(f"::ffff:{address}", port)}


def _ipv6(address: str, port: int) -> str:
    return f"{_words(socket.inet_pton(socket.AF_INET6, address))}:{port:04X}"


def _words(packed: bytes) -> str:
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def _connections_of_this_user() -> Iterator[psutil._ntuples.pconn]:
    import psutil

    for process in psutil.process_iter():
        try:
            if process.uids().effective == os.geteuid():
                yield from process.net_connections(kind="tcp4")
        except psutil.Error:  # it ended, or another user's
            continue
