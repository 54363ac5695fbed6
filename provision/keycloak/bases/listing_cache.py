"""Listings of large collections, made when a command looks at many of their objects.

A look at one object is one call. A refresh looks at all objects of a stack, a thousand of them perhaps, before it changes
any; a listing then answers for a hundred at a time. After a change in a realm, or some seconds, nothing listed there counts.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from provision.keycloak.api.admin_api import AdminApi

FEW_LOOKS: Final = 8
"""So many looks at a collection are single calls; so are the first looks after each change."""
_TRUSTED_SECONDS: Final = 3.0


@dataclass
class _Collection:
    lock: threading.Lock = field(default_factory=threading.Lock)
    changes: int = -1
    looks: int = 0
    began: float = 0.0
    items: dict[str, dict[str, Any]] | None = None


class ListingCache:
    """The listings of one Keycloak; safe to use from many threads.

    Args:
        session: The Admin API.
    """

    _of: ClassVar[WeakKeyDictionary[AdminApi, ListingCache]] = WeakKeyDictionary()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, session: AdminApi) -> None:
        self._session = session
        self._collections: dict[tuple[str, ...], _Collection] = {}

    @classmethod
    def of(cls, session: AdminApi) -> ListingCache:
        """Return the session's own cache."""
        with cls._lock:
            if session not in cls._of:
                cls._of[session] = cls(session)
            return cls._of[session]

    def items(
        self,
        key: str,
        realm: str,
        *path: str,
        reads: Callable[[], Iterable[dict[str, Any]]] | None = None,
        **query: str,
    ) -> Mapping[Any, Mapping[str, Any]] | None:
        """Return the objects of a collection, by the value of one of their fields, or None for the caller to look itself.

        Args:
            key: The field that tells the objects apart.
            realm: The realm.
            path: The collection's path below the realm.
            reads: Reads the whole collection, if the Admin API has no listing at that path.
            query: The parameters of the listing.
        """
        changes = self._session.changes(realm)
        if changes is None:
            return None
        with self._lock:
            found = self._collections.setdefault((realm, *path), _Collection())
        with found.lock:
            now = time.monotonic()
            if found.changes != changes:
                found.changes, found.looks, found.items, found.began = changes, 0, None, now
            elif now - found.began > _TRUSTED_SECONDS:
                found.looks, found.items, found.began = 0 if found.items is None else found.looks, None, now
            found.looks += 1
            if found.looks > FEW_LOOKS and found.items is None:
                listed = self._session.list(realm, *path, **query) if reads is None else reads()
                found.items = {item[key]: item for item in listed}
                found.began = time.monotonic()
            return found.items
