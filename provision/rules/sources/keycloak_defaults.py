"""The objects of a realm that Keycloak has just made, with the declared objects laid over them.

The objects come from ``keycloak/builtin.py``: the policies for registration, the OpenID Connect client scopes with their
memberships, and the mappers that write audiences or roles. Keycloak's own clients are left out.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue
from provision.keycloak.builtin import OPENID_SCOPES, REGISTRATION_POLICIES, SCOPE_MAPPERS
from provision.rules.model import UNKNOWN, Resource
from provision.rules.sources.keycloak_resource import KEYCLOAK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@lru_cache(maxsize=64)
def factory(realm: str) -> tuple[Resource, ...]:
    """Return the objects that Keycloak makes in a new realm."""
    return tuple(_factory(realm))


def _factory(realm: str) -> Iterator[Resource]:
    for kind, registration, values in REGISTRATION_POLICIES:
        yield _made(kind, {"realm": realm, "registration": registration, **values})
    for name, membership, in_token in OPENID_SCOPES:
        yield _made("ClientScope", {"realm": realm, "name": name, "inTokenScope": in_token}, whole=False)
        if membership is not None:
            yield _made("RealmClientScopeAssignment", {"realm": realm, "scope": name, "kind": membership})
    for kind, values in SCOPE_MAPPERS:
        yield _made(kind, {"realm": realm, "client": "", **values}, whole=False)


def laid_over(resources: Iterable[Resource], realms: Iterable[str]) -> tuple[Resource, ...]:
    """Return the objects of new realms: each declared object replaces the default object with the same key.

    Args:
        resources: The declared resources.
        realms: The names of the new realms.
    """
    declared = tuple(resources)
    lists = {
        resource.peek("realm"): resource for resource in declared if resource.kind == "RealmClientScopes"
    }
    own: dict[tuple[Any, ...], Resource] = {}
    for realm in realms:
        for resource in factory(realm):
            if resource.kind != "RealmClientScopeAssignment" or realm not in lists:
                own[_key(resource)] = resource
    merged = [_over(resource, own.pop(_key(resource), None)) for resource in declared]
    members = (member for resource in lists.values() for member in _members(resource))
    return (*merged, *members, *own.values())


def _made(kind: str, properties: Mapping[str, Any], *, whole: bool = True) -> Resource:
    spec = catalogue()[KEYCLOAK + kind].spec
    values = {spec.fields()[name].name: value for name, value in properties.items()}
    name = f"{spec.model_construct(**values).label()}, as Keycloak makes it"
    return Resource(
        kind, name, properties, defaults=spec.defaults(), whole=whole, builtin=not kind.endswith("Policy")
    )


def _over(resource: Resource, own: Resource | None) -> Resource:
    if own is None:
        return resource
    return replace(resource, properties={**own.properties, **resource.properties}, whole=own.whole)


def _members(lists: Resource) -> Iterator[Resource]:
    """Yield single memberships for the declared lists of a realm's scopes."""
    for kind in ("default", "optional"):
        place = f"{kind}Scopes"
        names = lists.peek(place)
        for name in names if isinstance(names, (list, tuple)) else (UNKNOWN,):
            properties = {"realm": lists.peek("realm"), "scope": name, "kind": kind}
            paths = {"scope": place, "kind": place}
            yield Resource(
                "RealmClientScopeAssignment", lists.name, properties, paths=paths, whole=lists.whole
            )


def _key(resource: Resource) -> tuple[Any, ...]:
    """Return the identity of a resource; a resource that is no Keycloak object equals no other."""
    spec = catalogue().get(KEYCLOAK + resource.kind)
    if spec is None:
        return (id(resource),)
    return (resource.kind, *(resource.peek(field.wire) for field in spec.spec.key_fields()))
