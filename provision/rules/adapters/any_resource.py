"""The inputs of a resource of any type, as far as nothing else is known of their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.core.registry import kind
from provision.rules.secret_names import names_a_secret
from provision.rules.thing import UNKNOWN, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.core.spec import Spec
    from provision.rules.declared import Resource

_ENCRYPTED: Final = {"kubernetes:core/v1:Secret", "pulumi:providers:provision"}
"""Types whose values are encrypted whether or not a program says so."""
_PROGRAMS: Final = {"args", "command", "entrypoints", "env", "envs"}
"""What rules about containers and servers look at."""
_OF_CONTAINERS: Final = {
    "docker:index/container:Container",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "provision:process:McpServer",
}


def things(resource: Resource) -> Iterator[Thing]:
    """The resource, if a secret may stand in it in clear."""
    if resource.type in _ENCRYPTED:
        return
    handler = kind(resource.type)
    inputs = (
        _of_others(resource.properties) if handler is None else _of_ours(resource.properties, handler.spec)
    )
    if resource.type in _OF_CONTAINERS:
        inputs = _without_programs(inputs)
    if inputs:
        values = {"type": resource.type, "inputs": inputs}
        yield Thing("Resource", resource.name, values, secrets=frozenset({"inputs"}), paths={"inputs": ""})


def _of_ours(inputs: Mapping[str, Any], spec: type[Spec]) -> dict[str, Any]:
    """Maps, and lists of maps: a secret that has a field of its own our provider encrypts."""
    maps = {name for name, value in spec.defaults().items() if isinstance(value, dict)}
    return {
        name: value
        for name, value in inputs.items()
        if _holds_a_map(value) or (value is UNKNOWN and name in maps)
    }


def _of_others(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """All but what is known to hold nothing, or will only be known when it is made and has no name of a secret."""
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
