"""The input of rules: the resources of a stack or of a realm, with values that may not be known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.config.profile import Profile

_STEP = re.compile(r"[^.\[\]]+")


class _Marker:
    """A stand-in for a value that cannot be seen.

    Args:
        text: The reason, as the end of a sentence.
        damaged: Whether a value is there and is not one that Keycloak would take.
    """

    def __init__(self, text: str, *, damaged: bool = False) -> None:
        self._text = text
        self.damaged = damaged

    def __repr__(self) -> str:
        return self._text


UNKNOWN: Final = _Marker("not known yet")
"""A value that exists only after an apply, for example a port that is chosen then."""
MASKED: Final = _Marker("not shown here")
"""A secret that the source of the resource does not show."""


def unreadable(why: str, *, damaged: bool = False) -> Any:
    """Return a marker for a value that cannot be seen, with its own reason.

    Args:
        why: The reason, as the end of a sentence.
        damaged: Whether a value is there that cannot be read, such as a placeholder; a report says so as loudly as a finding.
    """
    return _Marker(why, damaged=damaged)


class Inconclusive(Exception):  # noqa: N818 - a rule's third answer, not an error
    """The answer of a rule that can neither pass nor fail, because a value that it needs cannot be seen.

    Args:
        path: The path of the value.
        why: Why the value cannot be seen, as the end of a sentence.
        damaged: Whether a value is there that cannot be read.
    """

    def __init__(self, path: str, why: str, *, damaged: bool = False) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why
        self.damaged = damaged


@dataclass(frozen=True)
class Violation:
    """A defect of a resource.

    Args:
        path: The property, under the resource's own name for it; empty for the resource as a whole.
        message: The defect in one sentence, without secrets.
        fix: A line of config that corrects the defect; empty if the rule's own fix applies.
        part: The entry of a list that is the defect; None if the whole property is.
    """

    path: str
    message: str
    fix: str = ""
    part: str | None = None


@dataclass(frozen=True)
class Resource:
    """A Keycloak object in the terms of its spec, or a Keycloak, an MCP server, a container.

    Args:
        kind: The kind, for example ``Client``.
        name: The name in reports: a URN, or a text such as ``client cli in realm mcp``.
        properties: Values under their wire names; may hold :data:`UNKNOWN` and :data:`MASKED` anywhere.
        defaults: Values of properties that are not given.
        secrets: Properties whose values no report shows.
        paths: The path of a property in the declared resource, if its name there differs; empty for the whole resource.
        whole: Whether a missing property has its default; false for an object that existed before.
        builtin: Whether Keycloak made the object itself; rules may look at it, but do not judge it.
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
        """Return the value at a path such as ``config.mode``, or None.

        Raises:
            Inconclusive: The value, or a part of it, cannot be seen.
        """
        value = self.peek(path)
        marker = _marker_in(value)
        if marker is not None:
            raise self._hidden(path, marker)
        return value

    def items(self, path: str) -> Iterator[Any]:
        """Yield the visible elements of a list, then raise if there are others.

        Raises:
            Inconclusive: The list, or one of its elements, cannot be seen.
        """
        value = self.peek(path)
        if isinstance(value, _Marker):
            raise self._hidden(path, value)
        hidden = None
        for item in value or ():
            marker = _marker_in(item)
            if marker is None:
                yield item
            hidden = _worse(hidden, marker)
        if hidden is not None:
            raise self._hidden(path, hidden)

    def peek(self, path: str) -> Any:
        """Return the value at a path with its markers.

        Raises:
            Inconclusive: The property is missing, and the object existed before.
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
            raise self.inconclusive(path, "left as it is in Keycloak")
        return self.defaults.get(path)

    def inconclusive(self, path: str, why: str) -> Inconclusive:
        """Return the error for a rule that needs a property that cannot be seen.

        Args:
            path: The property.
            why: Why the property cannot be seen, as the end of a sentence.
        """
        return Inconclusive(self.path(path), why)

    def _hidden(self, path: str, marker: _Marker) -> Inconclusive:
        return Inconclusive(self.path(path), repr(marker), damaged=marker.damaged)

    def path(self, path: str) -> str:
        """Return the path of a property in the declared resource."""
        first = _STEP.match(path)
        name = first.group() if first else ""
        return (self.paths.get(path) or self.paths.get(name, name) + path[len(name) :]).removeprefix(".")

    def shown(self, path: str) -> Any:
        """Return the value for a report: secrets hidden, markers as words."""
        first = _STEP.match(path)
        if first is None:
            return None
        if first.group() in self.secrets:
            return "[secret]"
        try:
            return _readable(self.peek(path))
        except Inconclusive as error:
            return error.why


def _worse(one: _Marker | None, other: _Marker | None) -> _Marker | None:
    """Return the marker of damage, if one of the two is; else the first one."""
    return other if one is None or (other is not None and other.damaged) else one


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


@dataclass(frozen=True)
class Snapshot:
    """All resources that a source shows.

    Args:
        resources: The resources.
        profile: The purpose of the stack.
        complete: Whether there are no other resources; false for a realm that existed before a program changes it.
        unseen: Kinds with possible further resources, each with the reason why these cannot be seen.
    """

    resources: tuple[Resource, ...]
    profile: Profile = "dev"
    complete: bool = True
    unseen: Mapping[str, str] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[Resource, ...]:
        """Return the resources of a kind."""
        return self._by_kind.get(kind, ())

    def keyed(self, kind: str, *names: str) -> Mapping[tuple[Any, ...], Resource]:
        """Return the resources of a kind by the values of some properties, as far as the values can be seen."""
        if (kind, names) not in self._keyed:
            self._keyed[kind, names] = dict(_keys(self.of_kind(kind), names))
        return self._keyed[kind, names]

    @cached_property
    def _keyed(self) -> dict[tuple[str, tuple[str, ...]], Mapping[tuple[Any, ...], Resource]]:
        return {}

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Resource, ...]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.kind, []).append(resource)
        return {kind: tuple(resources) for kind, resources in found.items()}


def merged(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return one snapshot of several realms of a Keycloak; a resource that several show, such as the Keycloak, counts once.

    Args:
        snapshots: The snapshots, at least one; the profile is the first one's.
    """
    first, *others = snapshots
    resources = {(one.kind, one.name): one for part in (first, *others) for one in part.resources}
    unseen = {kind: why for part in (first, *others) for kind, why in part.unseen.items()}
    complete = all(part.complete for part in (first, *others))
    return Snapshot(tuple(resources.values()), first.profile, complete, unseen)


def _keys(
    resources: Iterable[Resource], names: tuple[str, ...]
) -> Iterator[tuple[tuple[Any, ...], Resource]]:
    for resource in resources:
        try:
            yield tuple(resource.get(name) for name in names), resource
        except Inconclusive:
            continue
