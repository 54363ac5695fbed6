"""The cases of each rule: one module each, in folders like those under ``provision/rules/checks``.

``BREAKS`` has changes each of which makes a good stack break exactly this rule; ``STACK`` names the good stack, ``dev``
(processes) by default, or ``docker``, ``prod`` (run by others) or ``kubernetes`` (production, run by its own program).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.rules.definition import Rule
    from tests.support.mutations import Change


def breaks_of(rule: Rule) -> tuple[tuple[Change, ...], ...]:
    """Return the changes that break a rule.

    Raises:
        ModuleNotFoundError: The rule has no cases.
    """
    breaks: tuple[tuple[Change, ...], ...] = _module(rule).BREAKS
    return breaks


def stack_of(rule: Rule) -> str:
    """Return the good stack that the changes apply to."""
    return getattr(_module(rule), "STACK", "dev")


def _module(rule: Rule) -> Any:
    return importlib.import_module(f"{__name__}.{rule.group}.{rule.id.replace('-', '_')}")
