"""What a rule looks at: an object of a stack or of a realm, with values that may not be known yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STEP = re.compile(r"[^.\[\]]+")


class _Marker:
    """A value that stands for one which is not there to be looked at."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


UNKNOWN: Final = _Marker("not known yet")
"""A value that only an apply makes, for example the port that is chosen then."""
MASKED: Final = _Marker("not shown here")
"""A secret that this view of the object does not show."""


def unreadable(why: str) -> Any:
    """A value that can't be seen for a reason of its own.

    Args:
        why: The reason, as the end of a sentence.
    """
    return _Marker(why)


class UndecidedError(Exception):
    """What a rule needs can't be seen: it neither passes nor fails.

    Args:
        path: What can't be seen.
        why: The reason, as the end of a sentence.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong with an object.

    Args:
        path: The property, as the object names it; empty for the object as a whole.
        message: What is wrong, for this object: one sentence, without secrets.
        fix: A line of config that mends it, where it differs from the rule's.
    """

    path: str
    message: str
    fix: str = ""


@dataclass(frozen=True)
class Thing:
    """An object: a Keycloak object as a spec names its fields, or a Keycloak, an MCP server, a container.

    Args:
        kind: What it is, for example ``Client``.
        name: What reports call it: its URN, or words such as ``client cli in realm mcp``.
        properties: Its values under their wire names; may hold :data:`UNKNOWN` and :data:`MASKED` anywhere.
        defaults: What properties are that are not named.
        secrets: Properties whose values no report shows.
        paths: Where a property stands in the resource it was read from, if it has another name there; empty for all of it.
        whole: Whether what is not named is as its default; not so for an object that was there before.
        builtin: Whether Keycloak made it itself and people only live with it: rules look at it, but are not about it.
    """

    kind: str
    name: str
    properties: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    paths: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True
    builtin: bool = False

    def get(self, path: str) -> Any:
        """The value at a path such as ``config.mode``; None where there is none.

        Raises:
            UndecidedError: It, or a part of it, can't be seen.
        """
        value = self.peek(path)
        marker = _marker_in(value)
        if marker is not None:
            raise UndecidedError(self.path(path), repr(marker))
        return value

    def items(self, path: str) -> Iterator[Any]:
        """The elements of a list; those that can be seen come before an error tells that others can't.

        Raises:
            UndecidedError: The list, or one of its elements, can't be seen.
        """
        value = self.peek(path)
        if isinstance(value, _Marker):
            raise UndecidedError(self.path(path), repr(value))
        hidden = None
        for item in value or ():
            marker = _marker_in(item)
            if marker is None:
                yield item
            hidden = hidden or marker
        if hidden is not None:
            raise UndecidedError(self.path(path), repr(hidden))

    def peek(self, path: str) -> Any:
        """The value as it is, markers and all.

        Raises:
            UndecidedError: It is not named, and the object was there before.
        """
        value: Any = self.properties
        for step in _STEP.findall(path):
            if isinstance(value, _Marker):
                return value
            if isinstance(value, (list, tuple)):
                value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) or hasattr(value, "get") else None
        if value is not None:
            return value
        if not self.whole:
            raise UndecidedError(self.path(path), "left as it is in Keycloak")
        return self.defaults.get(path)

    def path(self, path: str) -> str:
        """Where a property stands in the resource that it was read from."""
        first = _STEP.match(path)
        name = first.group() if first else ""
        return (self.paths.get(path) or self.paths.get(name, name) + path[len(name) :]).removeprefix(".")

    def shown(self, path: str) -> Any:
        """The value for a report: secrets hidden, markers as words."""
        first = _STEP.match(path)
        if first is None:
            return None
        if first.group() in self.secrets:
            return "[secret]"
        try:
            return _readable(self.peek(path))
        except UndecidedError as error:
            return error.why


def _marker_in(value: Any) -> _Marker | None:
    if isinstance(value, _Marker):
        return value
    inner: Any = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list, tuple)):
        return None
    return next(filter(None, map(_marker_in, inner)), None)


def _readable(value: Any) -> Any:
    if isinstance(value, _Marker):
        return repr(value)
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    return value
