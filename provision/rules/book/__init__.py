"""The rules: one module each, in a folder for each subject; a new module is found by itself."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from provision._lib.errors import UsageError

if TYPE_CHECKING:
    from provision.rules.rule import Rule


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by subject and name."""
    from provision.rules.rule import Rule

    found: list[Rule] = []
    for group in pkgutil.iter_modules(__path__):
        package = importlib.import_module(f"{__name__}.{group.name}")
        for module in pkgutil.iter_modules(package.__path__):
            contents = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
            own = [value for value in contents.values() if isinstance(value, Rule)]
            if len(own) != 1 or own[0].id != module.name.replace("_", "-"):
                raise TypeError(f"{contents['__name__']} must hold one rule that has its name")
            found.append(replace(own[0], group=group.name))
    return tuple(found)


def rule(id: str) -> Rule:  # noqa: A002 - what it is called
    """The rule of that id.

    Raises:
        UsageError: There is none; names the nearest.
    """
    known = {rule.id: rule for rule in rules()}
    if id not in known:
        near = difflib.get_close_matches(id, known, n=1)
        raise UsageError(
            f"There is no rule {id!r}.",
            f"Did you mean {near[0]}?" if near else "`provision rules` lists them.",
        )
    return known[id]
