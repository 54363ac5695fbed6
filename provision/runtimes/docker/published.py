"""The ports of this machine on which containers are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError
from provision.runtimes.docker.containers import LABEL
from provision.runtimes.docker.daemon import daemon
from provision.runtimes.process import ports

if TYPE_CHECKING:
    from collections.abc import Sequence


def ensure_free(port: int) -> None:
    """Refuse a port that a foreign process or container holds.

    Containers of stacks do not count: a container may be about to release the port, and Docker itself reports two
    containers on the same port.

    Raises:
        ProvisionError: The port is taken; the error names the holder if the holder is visible.
    """
    if ports.is_free(port):
        return
    holders = _holders(port)
    if not any(LABEL in (item["Labels"] or {}) for item in holders):
        raise _taken(port, holders)


def taken(port: int) -> ProvisionError:
    """Return the error for a port that is taken, with the name of the holder if the holder is visible."""
    return _taken(port, _holders(port))


def _holders(port: int) -> Sequence[dict[str, Any]]:
    with daemon() as client:
        return list(client.api.containers(filters={"publish": f"{port}/tcp"}))


def _taken(port: int, holders: Sequence[dict[str, Any]]) -> ProvisionError:
    if not holders:
        return ports.taken(port)
    name = holders[0]["Names"][0].removeprefix("/")
    return ProvisionError(f"Port {port} is taken by container {name}.", f"Stop that one, or {ports.other()}")
