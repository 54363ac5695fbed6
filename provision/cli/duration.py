"""A length of time on the command line, such as ``30d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import click

from provision._lib.counts import counted

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SIZES = {"day": 24 * 60, "hour": 60, "minute": 1}
_DURATION = re.compile(r"(?P<number>[0-9]{1,5})(?P<unit>[mhdw])", re.ASCII)


class Duration(click.ParamType[timedelta]):
    """A duration in minutes, hours, days or weeks, as in ``90m``, ``12h``, ``30d``, ``2w``; ``0`` needs no unit."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the duration that a text describes."""
        if isinstance(value, timedelta):
            return value
        if value == "0":
            return timedelta()
        found = _DURATION.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is no duration; write 90m, 12h, 30d or 2w.", param, ctx)
        return timedelta(**{_UNITS[found["unit"]]: int(found["number"])})


def in_words(length: timedelta) -> str:
    """Return a length of time in words: one number and one unit, rounded down."""
    minutes = max(0, int(length.total_seconds() // 60))
    number, unit = next(
        (minutes // size, unit) for unit, size in _SIZES.items() if minutes >= 2 * size or size == 1
    )
    return counted(number, unit)
