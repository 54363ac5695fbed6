"""Ways to change a landscape: by them a rule says what breaks it, and tests and docs show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from provision.rules.rule import Landscape

if TYPE_CHECKING:
    from provision.rules.thing import Thing

Change = Callable[[Landscape], Landscape]


@dataclass(frozen=True)
class Where:
    """Objects of a kind whose properties have these values."""

    kind: str
    equal: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, thing: Thing) -> bool:
        """Whether it is one of them."""
        return thing.kind == self.kind and all(
            thing.peek(name) == value for name, value in self.equal.items()
        )


@dataclass(frozen=True)
class Set:
    """Give properties of the first such object other values.

    Args:
        where: Which object.
        values: The new values by name; a whole value each.
    """

    where: Where
    values: Mapping[str, Any]

    def __call__(self, landscape: Landscape) -> Landscape:
        """The changed landscape.

        Raises:
            LookupError: There is no such object.
        """
        chosen = _first(landscape, self.where)
        changed = replace(chosen, properties={**chosen.properties, **self.values})
        return replace(
            landscape, things=tuple(changed if thing is chosen else thing for thing in landscape.things)
        )


@dataclass(frozen=True)
class Remove:
    """Take the first such object away."""

    where: Where

    def __call__(self, landscape: Landscape) -> Landscape:
        """The changed landscape.

        Raises:
            LookupError: There is no such object.
        """
        chosen = _first(landscape, self.where)
        return replace(landscape, things=tuple(thing for thing in landscape.things if thing is not chosen))


@dataclass(frozen=True)
class Add:
    """Put another object there.

    Args:
        kind: Its kind.
        properties: Its values.
        like: An object to take all other values from.
    """

    kind: str
    properties: Mapping[str, Any]
    like: Where | None = None

    def __call__(self, landscape: Landscape) -> Landscape:
        """The changed landscape."""
        from provision.rules.declared import keycloak_thing

        if self.like is None:
            added = keycloak_thing(self.kind, f"added {self.kind}", self.properties)
        else:
            model = _first(landscape, self.like)
            added = replace(
                model,
                kind=self.kind,
                name=f"added {self.kind}",
                properties={**model.properties, **self.properties},
            )
        return replace(landscape, things=(*landscape.things, added))


@dataclass(frozen=True)
class Have:
    """Put an object there that is no Keycloak object, where there is none of its kind.

    Args:
        kind: Its kind.
        properties: Its values.
    """

    kind: str
    properties: Mapping[str, Any]

    def __call__(self, landscape: Landscape) -> Landscape:
        """The changed landscape, or the same."""
        from provision.rules.thing import Thing

        if any(thing.kind == self.kind for thing in landscape.things):
            return landscape
        added = Thing(self.kind, f"added {self.kind}", self.properties)
        return replace(landscape, things=(*landscape.things, added))


def _first(landscape: Landscape, where: Where) -> Thing:
    for thing in landscape.things:
        if where.matches(thing):
            return thing
    raise LookupError(f"there is no {where.kind} with {dict(where.equal)} to change")
