"""The realm's objects in a stack file, declared by their kind, like the class of that name in a program."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import ConfigDict, Field, ValidationError, model_validator

from provision._lib.validation import problems
from provision.config.concept import Concept
from provision.core.registry import kind
from provision.core.spec import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from provision.core.spec import Spec


class DeclaredObject(Concept):
    """One object; besides `type`, the entry has the fields of that kind, but for `realm`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(pattern=r"^[A-Z][A-Za-z]+$")
    """The kind of the object, such as `ClientScope`."""

    @model_validator(mode="after")
    def _is_right(self) -> DeclaredObject:
        declared(self, "any")
        return self


def declared(item: DeclaredObject, realm: str) -> Spec:
    """Return the spec of an entry in a realm.

    Raises:
        ValueError: There is no such kind, or a field is wrong or is a secret.
    """
    handler = kind(f"{PACKAGE}:keycloak:{item.type}")
    if handler is None:
        raise ValueError(f"there is no type {item.type!r}; docs/resources lists them")
    fields = handler.spec.fields()
    given: dict[str, Any] = dict(item.model_extra or {})
    container = handler.spec.container()
    if container is not None and container.wire in given:
        raise ValueError(f"{container.wire} is given by realm.name")
    if secret := next((name for name in given if name in fields and fields[name].secret), None):
        raise ValueError(f"{secret} is a secret and does not belong in clear into a stack file")
    if container is not None:
        given[container.wire] = realm
    try:
        return handler.spec.model_validate(given)
    except ValidationError as error:
        raise ValueError("; ".join(map(str, problems(error, handler.spec)))) from None


def in_order(items: tuple[DeclaredObject, ...], realm: str) -> dict[str, Spec]:
    """Return the objects in an order in which each comes after the objects that it needs.

    Raises:
        ValueError: Two entries are the same object.

    Returns:
        The specs, by names that are unique in the stack.
    """
    specs: dict[tuple[str, ...], Spec] = {}
    for item in items:
        spec = declared(item, realm)
        if spec.key_in_container() in specs:
            raise ValueError(f"{'/'.join(spec.key_in_container())} is declared twice in objects")
        specs[spec.key_in_container()] = spec
    by_kind: dict[str, list[tuple[str, ...]]] = {}
    for key in specs:
        by_kind.setdefault(key[0], []).append(key)
    names = _names(specs)
    ordered: dict[str, Spec] = {}
    begun: set[tuple[str, ...]] = set()

    def place(key: tuple[str, ...]) -> None:
        if key not in begun:  # roles may contain each other
            begun.add(key)
            for other in _needed(specs[key], specs, by_kind):
                place(other)
            ordered[names[key]] = specs[key]

    for key in specs:
        place(key)
    return ordered


def _names(keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return the Pulumi name of each key: its parts joined by slashes, and quoted if two keys would share a name."""
    joined = {key: "/".join(key) for key in keys}
    shared = {name for name, count in Counter(joined.values()).items() if count > 1}
    return {
        key: "/".join(quote(part, safe=":@ ,+") for part in key) if name in shared else name
        for key, name in joined.items()
    }


def _needed(
    spec: Spec, specs: Container[tuple[str, ...]], by_kind: Mapping[str, list[tuple[str, ...]]]
) -> Iterator[tuple[str, ...]]:
    yield from (key for key in spec.references() if key in specs)
    for name in spec.follows:
        yield from by_kind.get(name, ())
