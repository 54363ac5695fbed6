"""Durations in words."""

from __future__ import annotations

from provision._lib.counts import counted

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def words(seconds: float) -> str:
    """Return a duration in its largest exact unit, such as ``15 minutes``.

    Args:
        seconds: The duration.
    """
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0 and (seconds or size == 1))
    count = int(seconds // size)
    return counted(count, unit)
