"""The realm's objects in a stack file, declared by their kind, like the class of that name in a program."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from pydantic import ConfigDict, ValidationError, ValidationInfo, model_validator

from provision._lib.hints import hint
from provision._lib.matches import Matches
from provision._lib.suggest import nearest
from provision._lib.validation import problems
from provision.config.concept import Concept
from provision.config.secret_source import SOURCES, GivenSecret, given
from provision.core.declarations import Declarations
from provision.core.registry import catalogue, kind
from provision.core.spec import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from provision.core.handler import Handler
    from provision.core.spec import Spec


class DeclaredObject(Concept):
    """One object; besides `type`, the entry has the fields of that kind, but for `realm`."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Matches(r"[A-Z][A-Za-z]+", "must be the name of a kind, such as ClientScope")]
    """The kind of the object, such as `ClientScope`."""

    @model_validator(mode="before")
    @classmethod
    def _with_its_secrets(cls, data: Any, info: ValidationInfo) -> Any:
        """Return the entry with each secret taken from its source, if the context says so."""
        if not isinstance(data, dict):
            return data
        handler = _handler(data.get("type"))
        secrets = [field for field in handler.spec.fields().values() if field.secret] if handler else []
        given = {field.wire for field in secrets} & data.keys()
        return data | {name: _secret(data, name, info) for name in given if data[name]}

    @model_validator(mode="after")
    def _is_right(self) -> DeclaredObject:
        declared(self, "any")
        return self


def declared(item: DeclaredObject, realm: str) -> Spec:
    """Return the spec of an entry in a realm.

    Raises:
        ValueError: There is no such kind, or a field is wrong.
    """
    handler = _handler(item.type)
    if handler is None:
        close = nearest(item.type, sorted(_kinds()))
        known = f"did you mean {close!r}?" if close else "docs/resources lists them"
        raise ValueError(f"there is no type {item.type!r}; {known}")
    fields: dict[str, Any] = dict(item.model_extra or {})
    container = handler.spec.container()
    if container is not None and container.wire in fields:
        raise ValueError(f"{container.wire} is given by realm.name")
    fields = {
        name: value.get_secret_value() if isinstance(value, GivenSecret) else value
        for name, value in fields.items()
    }
    if container is not None:
        fields[container.wire] = realm
    try:
        return handler.spec.model_validate(fields, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ValueError("; ".join(map(str, problems(error, handler.spec)))) from None


def secret_fields(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields of an entry's kind that are secrets, by their wire names; none if there is no such kind.

    Args:
        entry: The entry as the stack file has it.
    """
    handler = _handler(entry.get("type"))
    if handler is None:
        return ()
    return tuple(field.wire for field in handler.spec.fields().values() if field.secret)


def names(entries: Iterable[Any]) -> dict[str, int]:
    """Return the place of each entry of a stack file by its name, as far as the entries are right.

    Args:
        entries: The entries as the stack file has them.
    """
    places: dict[tuple[str, ...], int] = {}
    for index, entry in enumerate(entries):
        handler = _handler(entry.get("type")) if isinstance(entry, dict) else None
        if handler is not None:
            spec, default = handler.spec, handler.spec.defaults()
            parts = (
                entry.get(field.wire, entry.get(field.name, default.get(field.wire, "")))
                for field in spec.own_key_fields()
            )
            places.setdefault((spec.__name__, *map(str, parts)), index)
    return {name: places[key] for key, name in _names(places).items()}


def _handler(type_: Any) -> type[Handler[Any]] | None:
    return kind(f"{PACKAGE}:keycloak:{type_}") if isinstance(type_, str) else None


def _kinds() -> Iterator[str]:
    prefix = f"{PACKAGE}:keycloak:"
    return (token.removeprefix(prefix) for token in catalogue() if token.startswith(prefix))


def _secret(entry: Mapping[str, Any], name: str, info: ValidationInfo) -> GivenSecret:
    """Return a secret of an entry.

    Raises:
        ValueError: The secret is in clear, or there is nothing at its source.
    """
    try:
        found = given(entry[name], info.context)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if found.origin.kind == "clear":
        place = next(iter(names([entry])), entry.get("type"))
        raise ValueError(
            f"{name} is a secret and does not belong in clear into a stack file; write {SOURCES} instead, or leave it "
            f"out and run {hint('secret set', f'objects.{place}.{name}')}"
        )
    return found


def in_order(items: tuple[DeclaredObject, ...], realm: str) -> dict[str, Spec]:
    """Return the objects in an order in which each comes after the objects that it needs.

    Raises:
        ValueError: Two entries are the same object.

    Returns:
        The specs, by names that are unique in the stack.
    """
    specs: dict[tuple[str, ...], Spec] = {}
    program = Declarations()
    for index, item in enumerate(items):
        spec = declared(item, realm)
        if problem := program.add(index, spec):
            raise ValueError(f"objects[{index}]: {problem}")
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
