"""The baseline: waivers for the findings of today, so that only what gets worse is a finding tomorrow."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from provision.config.rules import Accepted, comparable, property_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from provision.rules.evaluation import Finding

DAYS: Final = 90
"""How long the waivers of a baseline count."""
_ACCEPTED: Final = Accepted.__args__[:-1]
"""The types of single values that a waiver may name; it may also name a list of texts."""


def waivers(findings: Iterable[Finding], today: date) -> list[dict[str, Any]]:
    """Return a waiver for each finding, as the stack file has it: for that value of that property of that object only.

    Args:
        findings: The findings that are accepted.
        today: The day from which the waivers count.
    """
    made: list[dict[str, Any]] = []
    for finding in findings:
        actual = _accepted(finding.accepted)
        place = {"path": property_of(finding.path), "actual": actual}
        waiver = {
            "rule": finding.rule.id,
            "resource": re.sub(r"[*?[]", r"[\g<0>]", finding.name),
            **{key: value for key, value in place.items() if value not in ("", None)},
            "reason": f"It was so on {today}, when `adopt --waive` wrote this.",
            "expires": today + timedelta(days=DAYS),
        }
        if waiver not in made:
            made.append(waiver)
    return made


def _accepted(actual: Any) -> Any:
    """Return a value in the form in which a waiver names it, or None if a waiver can't name it."""
    value = comparable(actual)
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, _ACCEPTED) else None
