"""Which user is at the other end of a connection on this machine.

Every user of a machine can connect to a port of its loopback address, and can listen on one that is free. The kernel
knows whose sockets they are (``/proc/net/tcp`` on Linux); elsewhere the processes of this user are asked.

Secrets go over plain HTTP to this machine only if the listener belongs to this user, to root, or to a user that the
environment variable ``PROVISION_TRUSTED_USERS`` names. A program that takes the port of a dead Keycloak gets nothing.
"""

from __future__ import annotations

import os
import pwd
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

ADDRESS: Final = "127.0.0.1"
"""The loopback address, written as a number: the name ``localhost`` may lead to ``::1``, where another user may listen."""

_ADDRESS_6 = "::1"
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED, _LISTEN = "01", "0A"
_ROOT = 0
TRUSTED_USERS: Final = "PROVISION_TRUSTED_USERS"
"""The environment variable with the names of further users, separated by commas, whose programs may get secrets."""


class ForeignListenerError(ProvisionError):
    """The error for a port of this machine on which another user's program listens."""


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


def is_plain(url: str) -> bool:
    """Return whether an address is plain HTTP on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and bool(_addresses(parts.hostname or ""))


def trusted_address(host: str, port: int) -> str:
    """Return the numeric address at which a host of plain HTTP listens, which may be given secrets.

    A host of another machine is returned as it is. ``localhost`` (RFC 6761 section 6.3) is 127.0.0.1, or ::1 if a program
    listens only there. Where the kernel does not tell whose a socket is (macOS), no listener is refused.

    Args:
        host: The host of an address of plain HTTP. (With https, the certificate tells who answers.)
        port: Its port.

    Raises:
        ForeignListenerError: The listener belongs neither to this user, nor to root, nor to a trusted user.
    """
    addresses = _addresses(host)
    sockets = [sock for sock in _sockets() if sock.state == _LISTEN] if addresses else []
    trusted = {_ROOT, os.geteuid(), *_trusted_users()}
    for address in addresses:
        users = {sock.uid for sock in sockets if sock.local in _listening(address, port)}
        if users - trusted:
            name = _name(min(users - trusted))
            raise ForeignListenerError(
                f"Port {port} of this machine belongs to a program of another user ({name}), which gets no secret.",
                f"If that is your server, set {TRUSTED_USERS}={name}; otherwise find out who took the port.",
            )
        if users:
            return address
    return next(iter(addresses), host)


def _addresses(host: str) -> tuple[str, ...]:
    """Return the numeric addresses that a host has on this machine; none if it is another machine's."""
    if host == "localhost" or host.endswith(".localhost"):
        return (ADDRESS, _ADDRESS_6)
    return (host,) if host in {ADDRESS, _ADDRESS_6} else ()


def _listening(address: str, port: int) -> set[str]:
    """Return how the kernel writes the sockets that get the connections to an address and port."""
    own = _written(address, port) if address == ADDRESS else {_ipv6(address, port)}
    every = _written("0.0.0.0", port) if address == ADDRESS else set()  # noqa: S104 - compared, not bound
    return own | every | {_ipv6("::", port)}


def _trusted_users() -> Iterator[int]:
    for name in filter(None, os.environ.get(TRUSTED_USERS, "").split(",")):
        with suppress(KeyError):  # no such user, so nothing listens as that user
            yield pwd.getpwnam(name.strip()).pw_uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


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
