"""An index of ids by name, for collections that the Admin API can't search by name.

One listing answers for all the objects of a command; without the index every look at one of a thousand mappers would
read all of them. A name that is not in the last listing causes a new listing, at most every few seconds.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session

_TRUSTED_SECONDS = 2.0


class NameIndex:
    """Names and ids of the collections of one Keycloak; safe to use from many threads.

    Args:
        session: The Admin API.
    """

    _of: ClassVar[WeakKeyDictionary[Session, NameIndex]] = WeakKeyDictionary()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, ...], dict[str, str]] = {}
        self._listed: dict[tuple[str, ...], float] = {}
        self._locks: dict[tuple[str, ...], threading.Lock] = {}

    @classmethod
    def of(cls, session: Session) -> NameIndex:
        """Return the session's own index."""
        with cls._lock:
            if session not in cls._of:
                cls._of[session] = cls(session)
            return cls._of[session]

    def id_of(self, name: str, realm: str, *path: str) -> str | None:
        """Return the id of the object with that name in the collection, or None; the object may be gone by now."""
        collection = (realm, *path)
        with self._lock_of(collection):
            known = self._known.setdefault(collection, {})
            if name not in known and time.monotonic() >= self._listed.get(collection, 0.0):
                listed = self._session.get(realm, *path) or ()
                known.clear()
                known.update({item["name"]: item["id"] for item in listed})
                self._listed[collection] = time.monotonic() + _TRUSTED_SECONDS
            return known.get(name)

    def learn(self, name: str, object_id: str, realm: str, *path: str) -> None:
        """Remember the id of an object that was made."""
        with self._lock_of((realm, *path)):
            self._known.setdefault((realm, *path), {})[name] = object_id

    def forget(self, name: str, realm: str, *path: str) -> None:
        """Forget an object that is gone or has another id: the next look lists again."""
        with self._lock_of((realm, *path)):
            self._known.get((realm, *path), {}).pop(name, None)
            self._listed.pop((realm, *path), None)

    def forget_realm(self, realm: str) -> None:
        """Forget a realm that is gone, and everything in it."""
        with self._lock:
            for collection in [item for item in self._known if item[0] == realm]:
                del self._known[collection]
                self._listed.pop(collection, None)

    def _lock_of(self, collection: tuple[str, ...]) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(collection, threading.Lock())
