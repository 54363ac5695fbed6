"""What is in a realm that Keycloak has just made, as rules look at it; what a program declares is laid over it.

Of what Keycloak makes (``keycloak/builtin.py``) these are the policies for registration, the OpenID Connect client scopes with
their memberships, and their mappers that write audiences or roles. Its own clients, for its consoles, are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from provision.core.registry import catalogue
from provision.core.spec import PACKAGE, Spec
from provision.keycloak.builtin import OPENID_SCOPES, REGISTRATION_POLICIES, SCOPE_MAPPERS
from provision.rules.thing import UNKNOWN, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def factory(realm: str) -> Iterator[Thing]:
    """What Keycloak makes in a new realm."""
    for kind, registration, values in REGISTRATION_POLICIES:
        yield _thing(kind, {"realm": realm, "registration": registration, **values})
    for name, membership, in_token in OPENID_SCOPES:
        yield _thing("ClientScope", {"realm": realm, "name": name, "inTokenScope": in_token}, whole=False)
        if membership is not None:
            yield _thing("RealmClientScopeAssignment", {"realm": realm, "scope": name, "kind": membership})
    for kind, values in SCOPE_MAPPERS:
        yield _thing(kind, {"realm": realm, "client": "", **values}, whole=False)


def laid_over(things: Iterable[Thing], realms: Iterable[str]) -> tuple[Thing, ...]:
    """All that is in new realms: what is declared, each over what Keycloak makes under the same key.

    Args:
        things: What is declared.
        realms: The names of the new realms.
    """
    declared = tuple(things)
    lists = {thing.peek("realm"): thing for thing in declared if thing.kind == "RealmClientScopes"}
    own: dict[tuple[Any, ...], Thing] = {}
    for realm in realms:
        for thing in factory(realm):
            if thing.kind != "RealmClientScopeAssignment" or realm not in lists:
                own[_key(thing)] = thing
    merged = [_over(thing, own.pop(_key(thing), None)) for thing in declared]
    members = (member for thing in lists.values() for member in _members(thing))
    return (*merged, *members, *own.values())


def _thing(kind: str, properties: Mapping[str, Any], *, whole: bool = True) -> Thing:
    spec = _spec(kind)
    values = {spec.fields()[name].name: value for name, value in properties.items()}
    name = f"{spec.model_construct(**values).label()}, as Keycloak makes it"
    return Thing(
        kind, name, properties, defaults=spec.defaults(), whole=whole, builtin=not kind.endswith("Policy")
    )


def _over(thing: Thing, own: Thing | None) -> Thing:
    if own is None:
        return thing
    return replace(thing, properties={**own.properties, **thing.properties}, whole=own.whole)


def _members(lists: Thing) -> Iterator[Thing]:
    """The memberships that whole lists of a realm's scopes come to."""
    for kind in ("default", "optional"):
        place = f"{kind}Scopes"
        names = lists.peek(place)
        for name in names if isinstance(names, (list, tuple)) else (UNKNOWN,):
            properties = {"realm": lists.peek("realm"), "scope": name, "kind": kind}
            paths = {"scope": place, "kind": place}
            yield Thing("RealmClientScopeAssignment", lists.name, properties, paths=paths, whole=lists.whole)


def _key(thing: Thing) -> tuple[Any, ...]:
    """What identifies it; what is no Keycloak object is like no other."""
    spec = catalogue().get(f"{PACKAGE}:keycloak:{thing.kind}")
    if spec is None:
        return (id(thing),)
    return (thing.kind, *(thing.peek(field.wire) for field in spec.spec.key_fields()))


def _spec(kind: str) -> type[Spec]:
    return catalogue()[f"{PACKAGE}:keycloak:{kind}"].spec
