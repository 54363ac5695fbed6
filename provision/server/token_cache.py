"""Tokens that were found good, for a few seconds, by their hash.

FastMCP's own ``TokenCache`` copies what it keeps, claims and all, on each look: 23 µs in the place of 1.4, on every request; and it
goes by the clock of the day, which may be set. Nobody here changes what is kept.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastmcp.server.auth import AccessToken

CACHE_ENTRIES = 4096


class TokenCache:
    """Accepted tokens, the oldest leaving first.

    Args:
        seconds: How long one is remembered; 0 remembers none.
        entries: How many are remembered at most.
    """

    def __init__(self, *, seconds: float, entries: int) -> None:
        self._seconds = seconds
        self._entries = entries
        self._known: OrderedDict[bytes, tuple[float, AccessToken]] = OrderedDict()

    def get(self, token: str) -> AccessToken | None:
        """Return what the token gave access to; it may have expired since."""
        key = _key(token)
        known = self._known.get(key)
        if known is None:
            return None
        until, access = known
        if monotonic() < until:
            return access
        del self._known[key]
        return None

    def put(self, token: str, access: AccessToken) -> None:
        """Remember a token."""
        if self._seconds == 0:
            return
        self._known[_key(token)] = (monotonic() + self._seconds, access)
        while len(self._known) > self._entries:
            self._known.popitem(last=False)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
