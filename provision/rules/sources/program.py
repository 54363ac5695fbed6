"""The resources that a program declares."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from provision.config import runtimes
from provision.core.registry import catalogue, kind
from provision.rules.model import Snapshot
from provision.rules.sources.adapters import any_resource
from provision.rules.sources.keycloak_defaults import laid_over
from provision.rules.sources.keycloak_resource import KEYCLOAK, keycloak_resource
from provision.rules.sources.specialize import specialized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.config.profile import Profile
    from provision.rules.model import Resource
    from provision.rules.sources.resource_input import ResourceInput

_ADAPTERS: Mapping[str, str] = {
    "kubernetes:apps/v1:Deployment": "provision.rules.sources.adapters.kubernetes_workload",
    "kubernetes:apps/v1:StatefulSet": "provision.rules.sources.adapters.kubernetes_workload",
    "kubernetes:core/v1:ConfigMap": "provision.rules.sources.adapters.kubernetes_config_map",
    "provision:index:McpStack": "provision.rules.sources.adapters.mcp_stack",
}
"""Modules by the type that they read; each has ``resources(declared)``. Runtimes name modules for types of their own."""


def is_surrounding(token: str) -> bool:
    """Return whether other resources are judged with a resource of this type.

    A realm decides whether its objects are new or existed before, and the resource that runs a Keycloak decides where a
    connection leads.

    Args:
        token: The type token.
    """
    return token == f"{KEYCLOAK}Realm" or _adapter(token) is not None


def snapshot(declared: Iterable[ResourceInput], profile: Profile) -> Snapshot:
    """Return all resources for the rules.

    Args:
        declared: All resources of the program.
        profile: The purpose of the stack.
    """
    resources = tuple(resource for one in declared for resource in _resources(one))
    return _completed(Snapshot(_without_doubles(resources), profile))


def _resources(declared: ResourceInput) -> Iterator[Resource]:
    if declared.type.startswith(KEYCLOAK):
        name = _current_token(declared.type).removeprefix(KEYCLOAK)
        yield specialized(keycloak_resource(name, declared.name, declared.properties))
    elif source := _adapter(declared.type):
        read: Callable[[ResourceInput], Iterator[Resource]] = importlib.import_module(source).resources
        yield from read(declared)
    yield from any_resource.resources(declared)


def _adapter(token: str) -> str | None:
    return _ADAPTERS.get(token) or runtimes.rule_source(token)


def _current_token(token: str) -> str:
    """Return a kind's current type token, given this token or one from a former version."""
    handler = kind(token)
    return token if handler is None else str(handler.spec.token)


def _without_doubles(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Leave out the Keycloak of a connection if the program itself runs a Keycloak, which is then the same one."""
    runs_one = any(one.kind == "KeycloakServer" and not one.peek("external") for one in resources)
    return tuple(one for one in resources if not (runs_one and one.peek("external")))


def _completed(found: Snapshot) -> Snapshot:
    """Add the objects that Keycloak makes in new realms; in a realm that existed before, undeclared values are unknown."""
    made = {one.peek("name") for one in found.resources if one.kind == "Realm" and not one.peek("adopt")}
    resources = tuple(
        one
        if one.kind not in _kinds() or _realm(one) in made
        else replace(one, whole=False, properties={**_key(one), **one.properties})
        for one in found.resources
    )
    realms = {_realm(one) for one in resources if one.kind in _kinds()}
    return replace(found, resources=laid_over(resources, made), complete=bool(made) and realms <= made)


def _realm(resource: Resource) -> Any:
    return resource.peek("name" if resource.kind == "Realm" else "realm")


def _key(resource: Resource) -> dict[str, Any]:
    """Return the defaults in the natural key, which count as declared."""
    names = {field.wire for field in catalogue()[KEYCLOAK + resource.kind].spec.key_fields()}
    return {name: value for name, value in resource.defaults.items() if name in names}


@cache
def _kinds() -> frozenset[str]:
    return frozenset(token.removeprefix(KEYCLOAK) for token in catalogue() if token.startswith(KEYCLOAK))
