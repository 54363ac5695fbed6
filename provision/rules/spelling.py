"""Values inside values, under the names that they have on the wire: a program may write ``trusted_domains`` there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from provision.core.spec import Part, Spec

if TYPE_CHECKING:
    from collections.abc import Mapping


def spelled(kind: type[Spec | Part], values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values; those of fields that have fields of their own under the wire names of these.

    Args:
        kind: Whose fields they are.
        values: Under the wire names or, inside others, the Python names; may hold markers.
    """
    wires = {name: info.alias or name for name, info in kind.model_fields.items()}
    types = {wires[name]: info.annotation for name, info in kind.model_fields.items()}
    named = {wires.get(name, name): value for name, value in values.items()}
    return {name: _inside(types.get(name), value) for name, value in named.items()}


def _inside(annotation: Any, value: Any) -> Any:
    part = _part(annotation)
    if part is None:
        return value
    if isinstance(value, (list, tuple)):
        return [_inside(part, item) for item in value]
    return spelled(part, value) if isinstance(value, dict) else value


def _part(annotation: Any) -> type[Part] | None:
    """What has fields of its own, in an annotation such as ``tuple[Executor, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next(filter(None, map(_part, get_args(annotation))), None)
