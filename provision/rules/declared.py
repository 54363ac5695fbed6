"""What a program declares, as rules look at it: a resource becomes a thing, or several."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue, kind
from provision.rules.adapters import any_resource
from provision.rules.factory import laid_over
from provision.rules.rule import Landscape
from provision.rules.spelling import spelled
from provision.rules.thing import Thing
from provision.rules.typed import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from provision.rules.rule import Profile

KEYCLOAK = "provision:keycloak:"
"""What the types of Keycloak objects begin with."""
_ADAPTERS: Mapping[str, str] = {
    "docker:index/container:Container": "docker_container",
    "kubernetes:apps/v1:Deployment": "kubernetes_workload",
    "kubernetes:apps/v1:StatefulSet": "kubernetes_workload",
    "kubernetes:core/v1:ConfigMap": "kubernetes_config_map",
    "provision:index:McpStack": "mcp_stack",
    "provision:process:Keycloak": "process_keycloak",
    "provision:process:McpServer": "process_mcp_server",
    "pulumi:providers:provision": "external_keycloak",
}
"""Modules of :mod:`provision.rules.adapters` by the type that they read; each has ``things(resource)``."""

SURROUNDING = frozenset({f"{KEYCLOAK}Realm", *_ADAPTERS})
"""Types of resources without which others can't be judged alone: the realm tells whether what is in it is made here or was
there before, what runs a Keycloak tells whom a connection leads to."""


@dataclass(frozen=True)
class Resource:
    """A resource of a Pulumi program.

    Args:
        type: Its type token.
        name: What reports call it, usually its URN.
        properties: Its inputs; with :data:`~provision.rules.thing.UNKNOWN` and :data:`~provision.rules.thing.MASKED`.
    """

    type: str
    name: str
    properties: Mapping[str, Any]


def landscape(resources: Iterable[Resource], profile: Profile) -> Landscape:
    """What rules look at.

    Args:
        resources: All resources of the program.
        profile: What the stack is for.
    """
    seen = tuple(resources)
    things = tuple(thing for resource in seen for thing in _things(resource))
    return _completed(Landscape(_without_doubles(things), profile))


def keycloak_thing(kind: str, name: str, properties: Mapping[str, Any]) -> Thing:
    """A Keycloak object, with the defaults of its spec.

    Raises:
        KeyError: There is no such kind.
    """
    spec = catalogue()[KEYCLOAK + kind].spec
    secrets = frozenset(name for name, field in spec.fields().items() if field.secret)
    return Thing(kind, name, spelled(spec, properties), defaults=spec.defaults(), secrets=secrets)


def _things(resource: Resource) -> Iterator[Thing]:
    if resource.type.startswith(KEYCLOAK):
        yield typed(
            keycloak_thing(
                _named_now(resource.type).removeprefix(KEYCLOAK), resource.name, resource.properties
            )
        )
    elif resource.type in _ADAPTERS:
        adapter = importlib.import_module(f"provision.rules.adapters.{_ADAPTERS[resource.type]}")
        read: Callable[[Resource], Iterator[Thing]] = adapter.things
        yield from read(resource)
    yield from any_resource.things(resource)


def _named_now(token: str) -> str:
    """The type token, or today's for one that a former version gave."""
    handler = kind(token)
    return token if handler is None else str(handler.spec.token)


def _without_doubles(things: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """A program that runs a Keycloak connects to that one; only where it runs none, the connection tells of another."""
    runs_one = any(thing.kind == "KeycloakServer" and not thing.peek("external") for thing in things)
    return tuple(thing for thing in things if not (runs_one and thing.peek("external")))


def _completed(found: Landscape) -> Landscape:
    """In a realm that somebody else made, what is not declared is as they left it; in a new one, as Keycloak makes it."""
    made = {thing.peek("name") for thing in found.things if thing.kind == "Realm" and not thing.peek("adopt")}
    things = tuple(
        thing
        if thing.kind not in _kinds() or thing.peek("name" if thing.kind == "Realm" else "realm") in made
        else replace(thing, whole=False, properties={**_key(thing), **thing.properties})
        for thing in found.things
    )
    realms = {
        thing.peek("name" if thing.kind == "Realm" else "realm") for thing in things if thing.kind in _kinds()
    }
    return replace(found, things=laid_over(things, made), complete=bool(made) and realms <= made)


def _key(thing: Thing) -> dict[str, Any]:
    """The defaults in its natural key, which is as good as declared."""
    names = {field.wire for field in catalogue()[KEYCLOAK + thing.kind].spec.key_fields()}
    return {name: value for name, value in thing.defaults.items() if name in names}


def _kinds() -> frozenset[str]:
    return frozenset(token.removeprefix(KEYCLOAK) for token in catalogue() if token.startswith(KEYCLOAK))
