"""The reader of any declared resource's inputs, for rules about secrets in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.config import runtimes
from provision.core.registry import kind
from provision.rules.helpers.secret_names import names_a_secret
from provision.rules.model import UNKNOWN, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.core.spec import Spec
    from provision.rules.sources.resource_input import ResourceInput

_ENCRYPTED: Final = {"kubernetes:core/v1:Secret", "pulumi:providers:provision"}
"""Types whose values are always encrypted."""
_PROGRAMS: Final = {"args", "command", "entrypoints", "env", "envs"}
"""Inputs that rules about containers and servers look at."""
_OF_KUBERNETES: Final = {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}
"""Types with programs, as the resources of runtimes are."""


def resources(declared: ResourceInput) -> Iterator[Resource]:
    """Yield the resource, if it may hold a secret in clear."""
    if declared.type in _ENCRYPTED:
        return
    handler = kind(declared.type)
    inputs = (
        _of_others(declared.properties) if handler is None else _of_ours(declared.properties, handler.spec)
    )
    if declared.type in _OF_KUBERNETES or runtimes.rule_source(declared.type) is not None:
        inputs = _without_programs(inputs)
    if inputs:
        values = {"type": declared.type, "inputs": inputs}
        yield Resource("Resource", declared.name, values, secrets=frozenset({"inputs"}), paths={"inputs": ""})


def _of_ours(inputs: Mapping[str, Any], spec: type[Spec]) -> dict[str, Any]:
    """Return maps and lists of maps; our provider encrypts a secret in a field of its own."""
    maps = {name for name, value in spec.defaults().items() if isinstance(value, dict)}
    return {
        name: value
        for name, value in inputs.items()
        if _holds_a_map(value) or (value is UNKNOWN and name in maps)
    }


def _of_others(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that can hold a secret: text, lists, maps, and unknown values named like a secret."""
    return {
        name: value
        for name, value in inputs.items()
        if isinstance(value, (dict, list, tuple, str)) or (value is UNKNOWN and names_a_secret(name))
    }


def _holds_a_map(value: Any) -> bool:
    items = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(item, dict) and item for item in items)


def _without_programs(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_programs(item) for key, item in value.items() if key not in _PROGRAMS}
    return [_without_programs(item) for item in value] if isinstance(value, (list, tuple)) else value
