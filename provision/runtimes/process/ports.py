"""The TCP ports of this machine."""

from __future__ import annotations

import random
import socket
import time
from typing import TYPE_CHECKING, Any, TypeVar

from provision._lib.errors import ProvisionError
from provision._lib.listeners import ports_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil

S = TypeVar("S", bound=Any)
LOOPBACK = ("127.0.0.1", "::1")
_CHOICE = range(15_000, 32_768)
_TRIES = 200
_RELEASE_SECONDS = 3.0
_ASK_SECONDS = 0.02


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port of the loopback interface, in IPv4 or IPv6."""
    return all(_can_bind(address, port) for address in LOOPBACK)


def ensure_free(port: int, *, besides: psutil.Process | None = None) -> None:
    """Refuse a port that another process holds.

    Args:
        port: The port.
        besides: A process of ours that may hold the port, as it is about to be replaced.

    Raises:
        ProvisionError: The port is taken; the error names the listening process if the process is visible.
    """
    if not is_free(port) and (besides is None or port not in ports_of(besides)):
        raise taken(port)


def await_free(held: Iterable[int]) -> None:
    """Wait until the ports of a process that has ended are free.

    Args:
        held: The ports.

    Raises:
        ProvisionError: Another process, such as a child that left the session, still holds one.
    """
    for port in held:
        end = time.monotonic() + _RELEASE_SECONDS
        while not is_free(port):
            if time.monotonic() > end:
                raise ProvisionError(
                    f"Port {port} is still held by {_holder(port)} after its process has ended.",
                    "End that process.",
                )
            time.sleep(_ASK_SECONDS)


def taken(port: int, *, key: str = "", file: str = "") -> ProvisionError:
    """Return the error for a port that is taken, with the name of the holder if the holder is visible.

    Args:
        port: The port.
        key: The key of the stack file that names the port; the keys that may name it if left out.
        file: The stack file.
    """
    return ProvisionError(
        f"Port {port} is taken by {_holder(port)}.", f"Stop that process, or {other(key, file)}"
    )


def other(key: str = "", file: str = "") -> str:
    """Return the end of a sentence that says where to choose another port; see :func:`taken`."""
    place = key or "provision:keycloak.port or provision:server.port"
    return f"set another port: {place} in {file or 'the stack file'}."


def pick_free() -> int:
    """Return a port that nobody listens on right now.

    The port is below the range for outgoing connections (from 32768 on Linux, 49152 elsewhere), since an outgoing
    connection could take a port of that range before the new server listens.

    Raises:
        ProvisionError: No free port was found.
    """
    for port in random.sample(_CHOICE, _TRIES):
        if is_free(port):
            return port
    raise ProvisionError(
        f"No free port was found between {_CHOICE[0]} and {_CHOICE[-1]}.", "Name one in the stack file."
    )


def with_port(spec: S, old: S | None) -> S:
    """Return a spec with a port: the declared port, else the port that was chosen before, else a free port.

    Args:
        spec: The declared spec, which has a field ``port``.
        old: The spec at the last check; None if there is none.
    """
    if spec.port is not None:
        return spec
    kept = old.port if old is not None else None
    complete: S = spec.model_copy(update={"port": kept or pick_free()})
    return complete


def _can_bind(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        probe = socket.socket(family)
    except OSError:
        return True  # no IPv6 here: nobody can listen there either
    with probe:
        # Connections that linger after their server is gone must not count as a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            raise ProvisionError(
                f"Port {port} may not be used by this user.", "Choose a port above 1023."
            ) from error
        except OSError as error:
            return family == socket.AF_INET6 and not _in_use(error)
        return True


def _in_use(error: OSError) -> bool:
    import errno

    return error.errno == errno.EADDRINUSE


def _holder(port: int) -> str:
    import psutil

    unseen = "a process that this user may not see"
    try:
        sockets = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return unseen
    pids = [
        entry.pid
        for entry in sockets
        if entry.status == psutil.CONN_LISTEN and entry.laddr and entry.laddr.port == port and entry.pid
    ]
    if not pids:
        return unseen
    try:
        command = " ".join(psutil.Process(pids[0]).cmdline())
    except psutil.Error:
        command = "?"
    return f"process {pids[0]} ({_shortened(command)})"


def _shortened(text: str, limit: int = 100) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
