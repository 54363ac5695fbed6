"""The levels, parameters and waivers of the security rules."""

from __future__ import annotations

import json
import re
from datetime import date  # noqa: TC003 - pydantic needs it when the model is built
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from provision._lib.errors import UsageError
from provision._lib.hints import hint
from provision._lib.suggest import nearest
from provision.config.concept import Concept
from provision.config.names import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Protocol

    class _Rule(Protocol):
        @property
        def id(self) -> str: ...
        @property
        def parameters(self) -> Mapping[str, Any]: ...


def _level(value: Any) -> Any:
    """Return ``off`` for false: YAML reads the word ``off`` without quotes as false."""
    return "off" if value is False else value


def _day(value: Any) -> Any:
    """Return a date as the text of its day: the engine passes a YAML date on as ``2027-01-31 00:00:00 +0000 UTC``."""
    return value.removesuffix(" 00:00:00 +0000 UTC") if isinstance(value, str) else value


Accepted = bool | int | float | str | tuple[str, ...]


def comparable(value: Any) -> Any:
    """Return the value of a property for comparisons: the order of a list of texts means nothing.

    Args:
        value: The value as a report or a stack file has it.
    """
    is_texts = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    return tuple(sorted(value)) if is_texts else value


def property_of(path: str) -> str:
    """Return a path without places in lists: ``redirectUris`` for ``redirectUris[1]``.

    Args:
        path: The path of a value, as reports show it.
    """
    return re.sub(r"\[\d+\]", "", path)


class WaiverConfig(Concept):
    """A waiver: findings of a rule that are accepted for a time."""

    rule: str
    """The rule's id."""
    resource: str = Field(default="*", min_length=1)
    """The objects: a name as reports show it, or a pattern with `*`."""
    path: str | None = Field(default=None, min_length=1)
    """The property as reports show it, without places in lists (`redirectUris`); without it, any property."""
    actual: Annotated[Accepted | None, BeforeValidator(comparable)] = None
    """The value that is accepted, or the entry of a list; with another one the finding counts. Without it, any value."""
    reason: str = Field(min_length=10)
    """The reason, which every report shows."""
    expires: Annotated[date, BeforeValidator(_day)]
    """The last day on which the waiver counts."""

    def accepts(self, path: str, actual: Any) -> bool:
        """Return whether the waiver is about a value of the objects that it names.

        Args:
            path: The path of the value; empty for the object as a whole.
            actual: The value, as reports show it.
        """
        is_there = self.path is None or self.path == property_of(path)
        return is_there and (self.actual is None or _is_same(self.actual, comparable(actual)))


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two values are equal: Python counts true as 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


class RulesConfig(Concept):
    """The security rules."""

    levels: dict[str, Annotated[Literal["mandatory", "advisory", "off"], BeforeValidator(_level)]] = Field(
        default={}
    )
    """The level of single rules, by their id."""
    parameters: dict[str, dict[str, Any]] = Field(default={})
    """Parameters of single rules, by their id."""
    waivers: tuple[WaiverConfig, ...] = ()
    """The accepted findings."""

    @property
    def names_any(self) -> bool:
        """Return whether any rule is named; without a name there is nothing to check."""
        return bool(self.levels or self.parameters or self.waivers)

    def parameters_of(self, rule: str) -> Mapping[str, Any]:
        """Return the parameters that are set for a rule."""
        return self.parameters.get(rule, {})

    def check(self, rules: Iterable[_Rule]) -> None:
        """Refuse names of unknown rules and parameters.

        Args:
            rules: All rules.

        Raises:
            UsageError: There is no such rule or parameter, or a value is of another type.
        """
        known = {rule.id: rule for rule in rules}
        for path, id_ in self._named():
            if id_ not in known:
                raise UsageError(
                    f"{path}: there is no rule {id_!r}.{_near(id_, known)}", f"{hint('rules')} lists them."
                )
        for id_, values in self.parameters.items():
            defaults = known[id_].parameters
            for name, value in values.items():
                path = f"{_KEY}.parameters.{id_}"
                if name not in defaults:
                    raise UsageError(
                        f"{path}: there is no parameter {name!r}.{_near(name, defaults)}",
                        f"It has: {', '.join(defaults) or 'none'}.",
                    )
                if not _fits(value, defaults[name]):
                    raise UsageError(
                        f"{path}.{name}: must be {_TYPES[_kind(defaults[name])]}.",
                        f"For example {json.dumps(defaults[name])}.",
                    )

    def _named(self) -> Iterator[tuple[str, str]]:
        """Yield every rule that is named, with the place of its name."""
        yield from ((f"{_KEY}.levels", id_) for id_ in self.levels)
        yield from ((f"{_KEY}.parameters", id_) for id_ in self.parameters)
        yield from (
            (f"{_KEY}.waivers[{index}].rule", waiver.rule) for index, waiver in enumerate(self.waivers)
        )


_KEY = f"{NAMESPACE}:rules"
_TYPES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a map",
}


def _fits(value: Any, default: Any) -> bool:
    """Return whether a value is of a parameter's type; a whole number is a number as well."""
    kinds = (int, float) if _kind(default) is float else (_kind(default),)
    if _kind(value) not in kinds:
        return False
    return not isinstance(value, list) or not default or all(_fits(item, default[0]) for item in value)


def _kind(value: Any) -> type:
    return list if isinstance(value, tuple) else type(value)


def _near(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f" Did you mean {near}?" if near else ""
