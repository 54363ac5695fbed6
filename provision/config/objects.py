"""The realm's objects in a stack file, declared by their kind, like the class of that name in a program."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, get_origin
from urllib.parse import quote

from pydantic import ConfigDict, ValidationError, ValidationInfo, model_validator

from provision._lib.hints import hint
from provision._lib.matches import Matches
from provision._lib.suggest import nearest
from provision._lib.validation import problems
from provision.config.concept import Concept
from provision.config.names import NAMESPACE
from provision.config.secret_source import SOURCES, GivenSecret, given
from provision.core.declarations import Declarations
from provision.core.registry import catalogue, kind
from provision.core.spec import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from provision.core.handler import Handler
    from provision.core.spec import Field, Spec


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
        return data | {name: _secrets(data, name, info) for name in given if data[name]}

    @model_validator(mode="after")
    def _is_right(self) -> DeclaredObject:
        declared(self, "any")
        return self


class FurtherRealm(Concept):
    """A realm besides the stack's own one, in the same Keycloak."""

    objects: tuple[DeclaredObject, ...]
    """The realm itself, of the type `Realm`, and the objects in it; the same form as the key `objects` of the stack."""

    @model_validator(mode="after")
    def _has_its_realm(self) -> FurtherRealm:
        if len([item for item in self.objects if item.type == REALM]) != 1:
            raise ValueError(f"objects declares the realm itself by one entry of the type {REALM}")
        in_order(self.objects, self.name)  # refuses an object that is declared twice
        return self

    @property
    def name(self) -> str:
        """The realm's name."""
        return next(realm_name(item) for item in self.objects if item.type == REALM)


_REALMS: Final = "realms"
REALM: Final = "Realm"
"""The type of the entry that declares a realm."""


def realm_name(item: DeclaredObject) -> str:
    """Return the name of the realm that an entry of the type `Realm` declares."""
    return declared(item, "any").identity()


def further_name(realm: str, name: str = "") -> str:
    """Return the Pulumi name of a further realm, or of an object in it; the names of kinds begin with a capital letter.

    Args:
        realm: The realm's name.
        name: The name that the object has in its realm.
    """
    return "/".join((_REALMS, realm, *([name] if name else [])))


def further_realm(name: str) -> tuple[str, str]:
    """Return the further realm and the name in it that a Pulumi name of :func:`further_name` consists of.

    Args:
        name: The Pulumi name. The realm is empty for the name of anything else; the inner name is empty for a realm.
    """
    first, _, rest = name.partition("/")
    realm, _, inner = rest.partition("/")
    return (realm, inner) if first == _REALMS else ("", "")


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
        raise ValueError(f"{container.wire} is given by the realm in which the object is declared")
    fields = {name: _shown(value) for name, value in fields.items()}
    if container is not None:
        fields[container.wire] = realm
    try:
        return handler.spec.model_validate(fields, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ValueError("; ".join(item.in_yaml() for item in problems(error, handler.spec))) from None


def secret_fields(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields of an entry's kind that are one secret each, by their wire names; none if there is no such kind.

    Args:
        entry: The entry as the stack file has it.
    """
    handler = _handler(entry.get("type"))
    if handler is None:
        return ()
    return tuple(
        field.wire
        for field in handler.spec.fields().values()
        if field.secret and not _is_mapping(handler.spec, field)
    )


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


@dataclass(frozen=True)
class WrittenObjects:
    """A list of objects as a stack file has it.

    Args:
        path: The list's place below ``config``, without the namespace: ``("objects",)``, ``("realms", 0, "objects")``.
        entries: The entries.
        realm: The name of the further realm; empty for the stack's own realm.
    """

    path: tuple[str | int, ...]
    entries: list[Any]
    realm: str = ""

    @property
    def key(self) -> str:
        """The list's place as text: ``objects``, ``realms[0].objects``."""
        return re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, self.path)))


def written_objects(document: Mapping[str, Any]) -> Iterator[WrittenObjects]:
    """Yield the lists of objects in a stack file, as far as they have the right form.

    Args:
        document: The stack file.
    """
    config = document.get("config") or {}
    if isinstance(own := config.get(f"{NAMESPACE}:objects"), list):
        yield WrittenObjects(("objects",), own)
    realms = config.get(f"{NAMESPACE}:realms")
    for place, realm in enumerate(realms if isinstance(realms, list) else ()):
        entries = realm.get("objects") if isinstance(realm, dict) else None
        if isinstance(entries, list):
            yield WrittenObjects(("realms", place, "objects"), entries, _name_in(entries))


def _name_in(entries: Iterable[Any]) -> str:
    """Return the name of the realm that entries of a stack file declare, as far as it is right."""
    found = (entry.get("name") for entry in entries if isinstance(entry, dict) and entry.get("type") == REALM)
    return str(next(found, ""))


def _handler(type_: Any) -> type[Handler[Any]] | None:
    return kind(f"{PACKAGE}:keycloak:{type_}") if isinstance(type_, str) else None


def _kinds() -> Iterator[str]:
    prefix = f"{PACKAGE}:keycloak:"
    return (token.removeprefix(prefix) for token in catalogue() if token.startswith(prefix))


def _is_mapping(spec: type[Spec], field: Field) -> bool:
    """Return whether a field holds several secrets, each under a key."""
    return get_origin(spec.model_fields[field.name].annotation) is dict


def _shown(value: Any) -> Any:
    """Return the value of a secret, or of several under their keys; any other value unchanged."""
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return value.get_secret_value() if isinstance(value, GivenSecret) else value


def _secrets(entry: Mapping[str, Any], name: str, info: ValidationInfo) -> Any:
    """Return a secret of an entry, or several under their keys."""
    handler, value = _handler(entry.get("type")), entry[name]
    assert handler is not None  # noqa: S101 - the field is one of the kind's
    if isinstance(value, dict) and _is_mapping(handler.spec, handler.spec.fields()[name]):
        return {key: _secret({**entry, name: item}, name, info) for key, item in value.items()}
    return _secret(entry, name, info)


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
        command = hint("secret set", f"objects.{place}.{name}")
        way = f", or leave it out and run {command}" if name in secret_fields(entry) else ""
        raise ValueError(
            f"{name} is a secret and does not belong in clear into a stack file; write {SOURCES} instead{way}"
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
    _refuse_what_the_realm_lacks(specs.values())
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


def _refuse_what_the_realm_lacks(specs: Iterable[Spec]) -> None:
    """Refuse an object that needs a setting of the realm, if the realm is declared without it.

    Raises:
        ValueError: The realm lacks the setting.
    """
    declared = [*specs]
    realm = next((spec for spec in declared if spec.container() is None), None)
    if realm is None:
        return
    for spec in declared:
        for name, wanted in spec.needs_of_container.items():
            if getattr(realm, name) != wanted:
                field = type(realm).model_fields[name].alias
                raise ValueError(
                    f"{'/'.join(spec.key_in_container())} needs {field}: {str(wanted).lower()} of the Realm"
                )


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
