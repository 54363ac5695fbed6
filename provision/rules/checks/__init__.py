"""The rules: one module each, in a folder for each subject; a new module is found automatically."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.suggest import nearest

if TYPE_CHECKING:
    from provision.config.rules import RulesConfig
    from provision.rules.definition import Rule


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, by subject and name.

    Raises:
        TypeError: A module does not hold one rule of the module's name.
    """
    from provision.rules.definition import Rule

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
    """Return the rule with an id.

    Raises:
        UsageError: No rule has the id; the error names the nearest one.
    """
    known = {rule.id: rule for rule in rules()}
    if id not in known:
        near = nearest(id, known)
        raise UsageError(
            f"There is no rule {id!r}.", f"Did you mean {near}?" if near else f"{hint('rules')} lists them."
        )
    return known[id]


def validate(config: RulesConfig) -> None:
    """Check that a configuration names only existing rules and parameters.

    Raises:
        UsageError: A name is unknown, or a value has another type than its parameter.
    """
    if config.names_any:
        config.check(rules())
