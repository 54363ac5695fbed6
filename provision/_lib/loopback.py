"""Which user is at the other end of a connection on this machine.

Every user of a machine can connect to a port of its loopback address, and can listen on one that is free. The kernel
knows whose sockets they are (``/proc/net/tcp`` on Linux); elsewhere the processes of this user are asked.

Secrets go over plain HTTP to this machine only if the listener belongs to this user, to root, or to a user that the
environment variable ``PROVISION_TRUSTED_USERS`` names, by name or number. A program that takes the port of a dead Keycloak gets nothing.
"""

from __future__ import annotations

import os
import pwd
import socket
import struct
import sys
import time
from contextlib import suppress
from functools import partial
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
_ESTABLISHED, _LISTEN = 1, 10
_BEING_MADE = (3, 12)  # TCP_SYN_RECV, TCP_NEW_SYN_RECV
_ROOT = 0
_ACCEPT_SECONDS = 5.0
_ASK_SECONDS = 0.001
_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1  # NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST
TRUSTED_USERS: Final = "PROVISION_TRUSTED_USERS"
"""The environment variable with the names or numbers of further users, separated by commas, who are trusted.

Their programs may get secrets over loopback, and their project files are used (:mod:`provision._lib.ownership`).
"""


class ForeignListenerError(ProvisionError):
    """The error for a port of this machine on which another user's program listens."""


class _Socket(NamedTuple):
    """A TCP socket of this machine, as the kernel shows it."""

    state: int
    uid: int
    inode: int


def is_own_peer(peer: tuple[str, int], own_port: int) -> bool:
    """Return whether the process that connected from an address of this machine runs as this user.

    A connection that is closed already belongs to nobody, so the answer is no. So it is for any other address of the
    loopback network: another user may connect from 127.0.0.2 and the very port that this user's process has on 127.0.0.1.

    Args:
        peer: The address and the port from which it connected.
        own_port: The port on which this process listens.
    """
    address, peer_port = peer
    if address != ADDRESS:
        return False
    if not _TABLES[0].exists():
        return any(
            connection.laddr.port == peer_port and connection.raddr and connection.raddr.port == own_port
            for connection in _connections_of_this_user()
        )
    return user_at(peer, (ADDRESS, own_port)) == os.geteuid()


def user_at(peer: tuple[str, int], own: tuple[str, int]) -> int | None:
    """Return the user id of the process that connected from an address of this machine.

    Args:
        peer: The address and the port from which it connected.
        own: The address and the port to which it connected.

    Returns:
        None for another machine, for a connection that no process holds any more, and where the kernel does not tell.
    """
    if not (peer[0].startswith("127.") or peer[0] == _ADDRESS_6) or not _TABLES[0].exists():
        return None
    found = _socket_at(peer, own)
    # A socket that no process holds any more counts as root's.
    return found.uid if found is not None and found.state == _ESTABLISHED and found.inode != 0 else None


def is_plain(url: str) -> bool:
    """Return whether an address is plain HTTP on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and bool(_addresses(parts.hostname or ""))


def trusted_address(host: str, port: int) -> str:
    """Return the numeric address at which a host of plain HTTP listens; no foreign listener is called at all.

    Before anything is sent, :func:`refuse_foreign_end` looks at the connection itself.

    A host of another machine is returned as it is. ``localhost`` (RFC 6761 section 6.3) is 127.0.0.1, or ::1 if a program
    listens only there. Where the kernel does not tell whose a socket is (macOS), no listener is refused.

    Args:
        host: The host of an address of plain HTTP. (With https, the certificate tells who answers.)
        port: Its port.

    Raises:
        ForeignListenerError: The listener belongs neither to this user, nor to root, nor to a trusted user.
    """
    addresses = _addresses(host)
    for address in addresses:
        found = _socket_at((address, port), (address, 0))
        if found is None or found.state != _LISTEN:
            continue
        _refuse_foreign(found.uid, port)
        return address
    return next(iter(addresses), host)


def refuse_foreign_end(connected: socket.socket) -> None:
    """Wait until a connection on this machine is accepted, and refuse it if another user's program accepted it.

    Who listens is known only for the moment of the look; who accepted this connection keeps it. A connection that leaves
    this machine, or that only root can have led elsewhere (a container's port), passes.

    Args:
        connected: The socket after its connection, before anything is sent.

    Raises:
        ForeignListenerError: The other end belongs neither to this user, nor to root, nor to a trusted user.
        TimeoutError: Nobody accepted the connection in time.
    """
    for _ in _while_not_accepted(connected):
        time.sleep(_ASK_SECONDS)


async def refuse_foreign_end_async(connected: socket.socket) -> None:
    """Do the same as :func:`refuse_foreign_end` without keeping the event loop from its other work."""
    import asyncio

    for _ in _while_not_accepted(connected):
        await asyncio.sleep(_ASK_SECONDS)


def _while_not_accepted(connected: socket.socket) -> Iterator[None]:
    end = time.monotonic() + _ACCEPT_SECONDS
    while not is_accepted(connected):
        if time.monotonic() > end:
            raise TimeoutError("nobody accepted the connection")
        yield


def is_accepted(connected: socket.socket) -> bool:
    """Return whether a program has accepted a connection on this machine; True for any other connection.

    Raises:
        ForeignListenerError: That program belongs neither to this user, nor to root, nor to a trusted user.
    """
    try:
        here, there = connected.getsockname()[:2], connected.getpeername()[:2]
    except OSError:
        return True  # the other end has gone already: nothing reaches it
    if not _TABLES[0].exists() or there[0] not in {ADDRESS, _ADDRESS_6}:
        return True
    found = _socket_at(there, here)
    if found is None:
        return True
    if found.inode == 0:  # no process has it: not yet, which the kernel shows as root's, or no longer
        return found.state not in {_ESTABLISHED, *_BEING_MADE}
    if found.state == _LISTEN:
        return False
    _refuse_foreign(found.uid, there[1])
    return True


def _refuse_foreign(uid: int, port: int) -> None:
    if uid not in {_ROOT, os.geteuid(), *trusted_users()}:
        name = user_name(uid)
        raise ForeignListenerError(
            f"Port {port} of this machine belongs to a program of another user ({name}), which gets no secret.",
            f"If that is your server, set {trusting(uid)}; otherwise find out who took the port.",
        )


def _addresses(host: str) -> tuple[str, ...]:
    """Return the numeric addresses that a host has on this machine; none if it is another machine's."""
    if host == "localhost" or host.endswith(".localhost"):
        return (ADDRESS, _ADDRESS_6)
    return (host,) if host in {ADDRESS, _ADDRESS_6} else ()


def trusted_users() -> Iterator[int]:
    """Yield the ids of the users that :data:`TRUSTED_USERS` names; a name that no user has counts for nobody.

    A number counts as it is: in a container, the owner of a mounted folder or of a listener often has no name.
    """
    for item in filter(None, map(str.strip, os.environ.get(TRUSTED_USERS, "").split(","))):
        if item.isascii() and item.isdecimal():
            yield int(item)
        else:
            with suppress(KeyError):
                yield pwd.getpwnam(item).pw_uid


def trusting(uid: int) -> str:
    """Return the setting of :data:`TRUSTED_USERS` that trusts one more user besides the users of now."""
    return f"{TRUSTED_USERS}={','.join(filter(None, (os.environ.get(TRUSTED_USERS, ''), user_name(uid))))}"


def user_name(uid: int) -> str:
    """Return the name of a user for messages, or the number of one who has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _socket_at(local: tuple[str, int], remote: tuple[str, int]) -> _Socket | None:
    """Return the socket that gets what comes from ``remote`` to ``local``: of a connection, or a listener; or None.

    The kernel looks it up (sock_diag(7)) in microseconds. Its tables in ``/proc``, which take milliseconds, are for kernels
    that do not, and for what it does not find.
    """
    if (asked := _asked(local, remote)) is not None:
        return asked
    ours, theirs = _written(*local), _written(*remote)
    wildcards = {*_written("0.0.0.0", local[1]), *_written("::", local[1])}  # noqa: S104 - compared, not bound
    listener = None
    for own, other, sock in _sockets():
        if sock.state == _ESTABLISHED and own in ours and other in theirs:
            return sock
        if sock.state == _LISTEN and own in ours | wildcards:
            listener = sock
    return listener


def _asked(local: tuple[str, int], remote: tuple[str, int]) -> _Socket | None:
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    pack = partial(socket.inet_pton, family)
    ends = struct.pack("!HH16s16s", local[1], remote[1], pack(local[0]), pack(remote[0]))
    # struct nlmsghdr, then struct inet_diag_req_v2: any state, any interface, no cookie
    header = struct.pack("=IHHII", 72, _BY_FAMILY, _REQUEST, 0, 0)
    request = header + struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + ends
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
            kernel.send(request + struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF))
            answer = kernel.recv(4096)
    except OSError:
        return None
    if struct.unpack_from("=IH", answer)[1] != _BY_FAMILY:
        return None  # an error: there is none, or the kernel does not look up
    # struct inet_diag_msg
    return _Socket(answer[17], *struct.unpack_from("=II", answer, 16 + 4 + 48 + 12))


def _sockets() -> Iterator[tuple[str, str, _Socket]]:
    """Yield the local and the remote address of each socket, as the kernel writes them, and the socket."""
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:  # IPv6 is off
            continue
        for line in lines:
            fields = line.split()
            yield fields[1], fields[2], _Socket(int(fields[3], 16), int(fields[7]), int(fields[9]))


def _written(address: str, port: int) -> set[str]:
    """Return how the kernel writes an address and port; IPv4 also mapped into IPv6 (RFC 4291 section 2.5.5.2)."""
    if ":" in address:
        return {_words(socket.inet_pton(socket.AF_INET6, address), port)}
    mapped = socket.inet_pton(socket.AF_INET6, f"::ffff:{address}")
    return {_words(socket.inet_aton(address), port), _words(mapped, port)}


def _words(packed: bytes, port: int) -> str:
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{port:04X}"


def _connections_of_this_user() -> Iterator[psutil._ntuples.pconn]:
    import psutil

    for process in psutil.process_iter():
        try:
            if process.uids().effective == os.geteuid():
                yield from process.net_connections(kind="tcp4")
        except psutil.Error:  # it ended, or another user's
            continue
