"""Changes of a snapshot: the cases of rules use them to break a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provision.rules.model import Resource, Snapshot
from provision.rules.reports import shown_value
from provision.rules.sources.keycloak_resource import keycloak_resource
from provision.rules.sources.kinds import OF_A_REALM

Change = Callable[[Snapshot], Snapshot]


@dataclass(frozen=True)
class Where:
    """The objects of a kind whose properties have these values."""

    kind: str
    equal: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, resource: Resource) -> bool:
        """Return whether a resource matches."""
        return resource.kind == self.kind and all(
            resource.peek(name) == value for name, value in self.equal.items()
        )


@dataclass(frozen=True)
class Set:
    """Change properties of the first matching object.

    Args:
        where: The object.
        values: The new values by name; a whole value each.
    """

    where: Where
    values: Mapping[str, Any]

    def __call__(self, snapshot: Snapshot) -> Snapshot:
        """Return the changed snapshot.

        Raises:
            LookupError: No object matches.
        """
        chosen = _first(snapshot, self.where)
        changed = replace(chosen, properties={**chosen.properties, **self.values})
        return replace(
            snapshot,
            resources=tuple(changed if resource is chosen else resource for resource in snapshot.resources),
        )


@dataclass(frozen=True)
class Remove:
    """Remove the first matching object."""

    where: Where

    def __call__(self, snapshot: Snapshot) -> Snapshot:
        """Return the changed snapshot.

        Raises:
            LookupError: No object matches.
        """
        chosen = _first(snapshot, self.where)
        return replace(
            snapshot, resources=tuple(resource for resource in snapshot.resources if resource is not chosen)
        )


@dataclass(frozen=True)
class Add:
    """Add an object.

    Args:
        kind: The object's kind.
        properties: The object's values.
        like: An object to take all other values from.
    """

    kind: str
    properties: Mapping[str, Any]
    like: Where | None = None

    def __call__(self, snapshot: Snapshot) -> Snapshot:
        """Return the changed snapshot."""
        if self.kind in OF_A_REALM:
            added = Resource(self.kind, f"added {self.kind}", self.properties)
        elif self.like is None:
            added = keycloak_resource(self.kind, f"added {self.kind}", self.properties)
        else:
            model = _first(snapshot, self.like)
            added = replace(
                model,
                kind=self.kind,
                name=f"added {self.kind}",
                properties={**model.properties, **self.properties},
            )
        return replace(snapshot, resources=(*snapshot.resources, added))


@dataclass(frozen=True)
class Have:
    """Add an object that is no Keycloak object, if the snapshot has none of its kind.

    Args:
        kind: The object's kind.
        properties: The object's values.
    """

    kind: str
    properties: Mapping[str, Any]

    def __call__(self, snapshot: Snapshot) -> Snapshot:
        """Return the changed snapshot, or the same."""
        if any(resource.kind == self.kind for resource in snapshot.resources):
            return snapshot
        added = Resource(self.kind, f"added {self.kind}", self.properties)
        return replace(snapshot, resources=(*snapshot.resources, added))


def _first(snapshot: Snapshot, where: Where) -> Resource:
    for resource in snapshot.resources:
        if where.matches(resource):
            return resource
    raise LookupError(f"there is no {where.kind} with {dict(where.equal)} to change")


def in_words(changes: Iterable[Change]) -> str:
    """Return the changes that break a rule, a line for each object, without the required surroundings."""
    return "\n".join(_line(change) for change in changes if not isinstance(change, Have))


def _line(change: Change) -> str:
    if isinstance(change, Remove):
        return f"no {change.where.kind}{_those(change.where.equal)}"
    if isinstance(change, Set):
        return f"{change.where.kind}{_those(change.where.equal)}: {_pairs(change.values)}"
    if isinstance(change, Add):
        return f"a further {change.kind}: {_pairs(change.properties)}"
    raise TypeError(f"{change!r} has no form in words")


def _those(equal: Mapping[str, Any]) -> str:
    return f" ({_pairs(equal)})" if equal else ""


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {shown_value(value)}" for name, value in values.items())
