"""Counts in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and what it counts: ``1 finding``, ``2 findings``.

    Args:
        number: The number.
        one: The words after 1.
        many: The words after any other number; ``one`` and an s when left out.
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"
