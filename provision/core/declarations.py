"""The objects that one program declares, and what two of them can't be side by side.

The server would refuse such a pair only when the first half is made.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from provision.core.across_fields import NotKnownYetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provision.core.spec import Spec

_Key = tuple[str, ...]


class Declarations:
    """The objects of a program, as far as they are known; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[_Key, tuple[object, Spec]] = {}
        self._specs: dict[_Key, Spec] = {}

    def add(self, owner: object, spec: Spec) -> str | None:
        """Remember a declared object, and return which object before it has its name, in words, or None.

        Args:
            owner: The declaration; the same one may come again, with other values.
            spec: The declared object.

        Raises:
            NotKnownYetError: A field that names the object is not known yet.
        """
        container = _container(spec)
        key, name = (container, *spec.key_in_container()), (container, *spec.name_taken())
        with self._lock:
            self._specs[key] = spec
            first, other = self._owners.setdefault(name, (owner, spec))
        if first == owner:
            return None
        if other.key_in_container() == spec.key_in_container():
            return f"{_said(spec)} is declared twice"
        return f"{_said(spec)} and {_said(other)} have the same name, which only one of them can have"

    def circle(self, spec: Spec) -> tuple[Spec, ...]:
        """Return the declared objects that need each other, from that one on, or nothing if it does not need itself."""
        start = (_container(spec), *spec.key_in_container())
        path: list[_Key] = []
        seen: set[_Key] = set()

        def leads_back(here: _Key) -> bool:
            path.append(here)
            for other in self._needed(here):
                if other == start:
                    return True
                if other not in seen:
                    seen.add(other)
                    if leads_back(other):
                        return True
            path.pop()
            return False

        with self._lock:
            return tuple(self._specs[item] for item in path) if leads_back(start) else ()

    def _needed(self, key: _Key) -> Iterator[_Key]:
        container, *_ = key
        with suppress(NotKnownYetError):
            for name in self._specs[key].references():
                if (container, *name) in self._specs:
                    yield (container, *name)


def _container(spec: Spec) -> str:
    field = spec.container()
    return "" if field is None else str(getattr(spec, field.name))


def circular(circle: Sequence[Spec]) -> str:
    """Return why objects that need each other can't be made, in words."""
    chain = " needs ".join(_said(spec) for spec in (*circle, circle[0]))
    return f"{chain}: none of them can be made first; leave one of the names out"


def _said(spec: Spec) -> str:
    return "/".join(spec.key_in_container())
