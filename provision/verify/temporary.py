"""The temporary objects of a run in Keycloak, and their removal, even after a killed run."""

from __future__ import annotations

import enum
import hashlib
import logging
import os
import re
import secrets
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision._lib.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.keycloak.api.session import Session

PREFIX = "provision-verify-"
_NAME = re.compile(re.escape(PREFIX) + r"(?P<machine>[0-9a-f]{8})-(?P<pid>\d+)-(?P<time>\d+)-[0-9a-f]{8}")
# No run takes this long: an older object has no living owner, on whatever machine its run was.
_ABANDONED_SECONDS = 300
_MOST_CLIENTS = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Maker:
    """The run that made an object, read from the object's name.

    Args:
        machine: A digest of the host's name.
        pid: The process id.
        time: The time of making, in seconds since the epoch.
    """

    machine: str
    pid: int
    time: int

    @classmethod
    def this_run(cls) -> Maker:
        """Return the maker for this process, now."""
        machine = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
        return cls(machine, os.getpid(), int(time.time()))

    @classmethod
    def of(cls, name: str) -> Maker | None:
        """Return the maker in an object's name, or None if no run of ours made the object."""
        found = _NAME.match(name)
        return cls(found["machine"], int(found["pid"]), int(found["time"])) if found else None

    def name(self) -> str:
        """Return a name for a new object."""
        return f"{PREFIX}{self.machine}-{self.pid}-{self.time}-{secrets.token_hex(4)}"

    def abandoned(self, now: Maker) -> bool:
        """Return whether the run is over, so that ``now`` may remove its leftovers."""
        if abs(now.time - self.time) > _ABANDONED_SECONDS:
            return True
        return self.machine == now.machine and self.pid != now.pid and not _is_running(self.pid)


class Kind(enum.IntEnum):
    """The kinds of objects, in the order of removal: a session can't be ended without its client."""

    SESSION = 0
    CLIENT = 1
    SCOPE = 2


_PLACES = {Kind.CLIENT: "clients", Kind.SCOPE: "client-scopes"}


@dataclass(frozen=True, eq=False)
class _Removal:
    kind: Kind
    what: str
    undo: Callable[[], None]


class Temporary:
    """The temporary objects of one run.

    Args:
        session: Opens the Admin API.
        realms: The realms with temporary objects: the realm and the master realm.
    """

    def __init__(self, session: Callable[[], Session], realms: tuple[str, ...]) -> None:
        self._session = session
        self._realms = realms
        self._maker = Maker.this_run()
        self._lock = threading.Lock()
        self._removals: list[_Removal] = []
        self._sweep: threading.Thread | None = None

    def name(self) -> str:
        """Return a name for an object about to be made; the first call starts the sweep after killed runs."""
        with self._lock:
            if self._sweep is None:
                self._sweep = threading.Thread(target=self._sweep_all, name="verify-sweep", daemon=True)
                self._sweep.start()
        return self._maker.name()

    def remove_later(self, kind: Kind, what: str, undo: Callable[[], None]) -> None:
        """Schedule a removal for the end of the run.

        Args:
            kind: The kind of object.
            what: The object's name if the removal fails.
            undo: Removes the object; must also succeed if the object is gone.
        """
        self._add(_Removal(kind, what, undo))

    @contextmanager
    def made(self, kind: Kind, realm: str, body: dict[str, Any]) -> Iterator[str]:
        """Make an object through the Admin API; it is removed with the context, or at the latest at the end of the run.

        Args:
            kind: A client or a client scope.
            realm: The realm's name.
            body: The representation of the object.

        Yields:
            Keycloak's id of the object.
        """
        session, place = self._session(), _PLACES[kind]
        object_id = session.post(realm, place, body=body)
        removal = _Removal(
            kind, f"{place}/{object_id} in realm {realm}", lambda: session.delete(realm, place, object_id)
        )
        self._add(removal)
        try:
            yield object_id
        finally:
            self._remove([removal])

    def clean(self) -> None:
        """Remove everything; objects that can't be removed are logged and left to the next run."""
        if self._sweep is not None:
            self._sweep.join()
        for kind in Kind:
            with self._lock:
                removals = [removal for removal in self._removals if removal.kind == kind]
            self._remove(removals)

    def _add(self, removal: _Removal) -> None:
        with self._lock:
            self._removals.append(removal)

    def _remove(self, removals: list[_Removal]) -> None:
        with self._lock:
            due = [removal for removal in removals if removal in self._removals]
            self._removals = [removal for removal in self._removals if removal not in due]
        if due:
            with ThreadPoolExecutor(max_workers=len(due), thread_name_prefix="verify-clean") as pool:
                list(pool.map(_attempt, due))

    def _sweep_all(self) -> None:
        for realm in self._realms:
            try:
                session = self._session()
                for kind, object_id in self._left_behind(session, realm):
                    session.delete(realm, kind, object_id)
            except ProvisionError as error:
                _log.debug("no sweep of realm %s: %s", realm, error.what)

    def _left_behind(self, session: Session, realm: str) -> Iterator[tuple[str, str]]:
        for client in session.get(realm, "clients", max=str(_MOST_CLIENTS)) or ():
            # A client that registered itself has an id made by Keycloak and carries our name as its name.
            if self._is_left(client["clientId"]) or self._is_left(client.get("name") or ""):
                yield "clients", client["id"]
        for scope in session.get(realm, "client-scopes") or ():
            # A temporary scope must have the name of the real one, so it carries our name in its description.
            if self._is_left(scope.get("description") or ""):
                yield "client-scopes", scope["id"]

    def _is_left(self, name: str) -> bool:
        maker = Maker.of(name)
        return maker is not None and maker.abandoned(self._maker)


def _attempt(removal: _Removal) -> None:
    try:
        removal.undo()
    except Exception as error:  # noqa: BLE001 - the others are to be removed all the same
        reason = error.what if isinstance(error, ProvisionError) else type(error).__name__
        _log.warning("%s could not be removed (%s); the next run removes it", removal.what, reason)


def _is_running(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid)
