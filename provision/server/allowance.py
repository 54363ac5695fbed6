"""An allowance for each of many keys: so much at once, and then so much a minute."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

KEYS = 4096
"""The number of keys counted at once; the key idle longest is forgotten first."""
_ROUNDING = 1e-6


class Allowance:
    """The generic cell rate algorithm (ITU-T I.371).

    Each use makes the next one due an interval later, and a key may be ahead by its burst. The algorithm keeps one
    number for each key; the library's token bucket takes a turn of the event loop for its lock.

    Args:
        per_minute: The long-term limit of uses per minute.
        burst: The limit of uses at once.
    """

    def __init__(self, *, per_minute: float, burst: int) -> None:
        self._interval = 60 / per_minute
        self._ahead = (burst - 1) * self._interval
        self._due: OrderedDict[Hashable, float] = OrderedDict()

    def to_wait(self, key: Hashable) -> float:
        """Return how long a key has to wait for its next use, in seconds; 0 if it need not wait."""
        now = monotonic()
        early = max(now, self._due.get(key, now)) - now - self._ahead
        return early if early > _ROUNDING else 0

    def use(self, key: Hashable) -> float:
        """Count a use, or return how long the key has to wait, in seconds."""
        now = monotonic()
        due = max(now, self._due.get(key, now))
        early = due - now - self._ahead
        if early <= _ROUNDING:
            self._due[key] = due + self._interval
        self._due.move_to_end(key)
        if len(self._due) > KEYS:
            self._due.popitem(last=False)
        return early if early > _ROUNDING else 0
