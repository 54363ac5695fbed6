"""Nested values under their wire names: a program may write ``trusted_domains`` inside a value."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from provision.core.spec import Part, Spec

if TYPE_CHECKING:
    from collections.abc import Mapping


def with_wire_names(kind: type[Spec | Part], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with wire names at every level.

    Args:
        kind: The spec or part that the values belong to.
        values: Values under wire names or, inside others, Python names; may hold markers.
    """
    wires, parts = _names(kind)
    named = {wires.get(name, name): value for name, value in values.items()}
    for name in parts.keys() & named.keys():
        named[name] = _inside(parts[name], named[name])
    return named


@cache
def _names(kind: type[Spec | Part]) -> tuple[Mapping[str, str], Mapping[str, type[Part]]]:
    """Return the wire names by Python name, and the types of values with fields of their own by wire name."""
    wires = {name: info.alias or name for name, info in kind.model_fields.items()}
    types = {wires[name]: _part(info.annotation) for name, info in kind.model_fields.items()}
    return wires, {name: part for name, part in types.items() if part is not None}


def _inside(part: type[Part], value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_inside(part, item) for item in value]
    return with_wire_names(part, value) if isinstance(value, dict) else value


def _part(annotation: Any) -> type[Part] | None:
    """Return the type with fields of its own in an annotation such as ``tuple[Executor, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next(filter(None, map(_part, get_args(annotation))), None)
