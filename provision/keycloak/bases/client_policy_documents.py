"""The base of client profiles and client policies (Keycloak Server Administration Guide, "Client Policies").

All profiles of a realm stand in one document and all policies in another, so an entry is changed by writing its whole
document back. A profile consists of executors and a policy of conditions, both called *parts* here: a kind has typed
fields for some parts, and names any other by its id.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import Field, ValidationError

from provision._lib.errors import AlreadyExistsError
from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Outputs, Part, Spec
from provision.keycloak.api import server_info
from provision.keycloak.bases.representation import FieldMapping, RealmName, read, write
from provision.keycloak.handler import KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.keycloak.api.session import Session
    from provision.keycloak.realm_listing import RealmListing

_GUARD = threading.Lock()
_LOCKS: dict[tuple[str, str], threading.Lock] = {}


class Configuration(Part):
    """The settings of an executor or condition; defaults are Keycloak's own.

    A field stands under its name with dashes unless its annotation says otherwise.
    """


@dataclass(frozen=True)
class Provided(FieldMapping):
    """A typed field for one executor or condition; used inside ``Annotated``."""

    inside: bool = False
    id: str = ""
    feature: str = ""


def provided(provider: str, feature: str = "") -> Provided:
    """Return the mark of the executor or condition with that id; a feature that is off by default may bring it."""
    return Provided(id=provider, feature=feature)


class PolicyPart(Spec):
    """The fields that profiles and policies share."""

    realm: RealmName
    name: Annotated[str, NaturalKey] = Field(min_length=1, description="Its name, unique in the realm.")
    description: str = Field(default="", description="What the admin console says of it.")


P = TypeVar("P", bound=PolicyPart)


class PolicyDocumentHandler(KeycloakHandler[P]):
    """The handler of one of the two documents; Keycloak's global entries are not in it and are never sent."""

    rejects_duplicates = True
    document: ClassVar[str]
    parts: ClassVar[str]
    """The field, and key, of the list of executors or conditions."""
    part: ClassVar[str]
    """``executor`` or ``condition``: the key of a part's id."""

    def discover(self, listing: RealmListing) -> Iterator[P]:
        """Yield all entries of the document."""
        for item in self._entries(listing.realm):
            yield self.key(realm=listing.realm, name=item["name"])

    def find(self, key: P) -> Observed[P] | None:
        """Return the entry with that name, or None."""
        raw = self.look_up(key)
        if raw is None:
            return None
        spec: Any = self.spec.model_construct(**self.from_json(key, raw))
        return Observed(key.name, spec, raw=raw)

    def look_up(self, key: P) -> Mapping[str, Any] | None:
        """Return the representation of the entry with that name, or None."""
        return next((item for item in self._entries(key.realm) if item["name"] == key.name), None)

    def from_json(self, key: P, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the fields in a representation, under their Python names."""
        return read(self.spec, raw) | {"realm": key.realm} | self._understood(raw)

    def preflight(self, spec: P) -> None:
        """Raise an error if the entry needs a feature that this Keycloak lacks."""
        for _, provider, feature, _ in self._declared(spec, spec.model_fields_set):
            if feature and feature not in self.features:
                server_info.require(self.session, f"client-policy-{self.part}", provider, feature)

    def create(self, spec: P) -> Outputs | None:
        """Add an entry to the document."""
        self._require(spec, None)
        with _lock(self.session.url, spec.realm):
            entries = self._entries(spec.realm)
            if any(item["name"] == spec.name for item in entries):
                raise AlreadyExistsError(f"The {spec.label()} exists already.")
            self._put(spec.realm, [*entries, self._represented(spec, {}, None)])
        return None

    def update(self, found: Observed[P], spec: P) -> Outputs | None:
        """Change the entry in the present document."""
        self._require(spec, spec.model_fields_set)
        with _lock(self.session.url, spec.realm):
            entries = self._entries(spec.realm)
            changed = [
                self._represented(spec, item, spec.model_fields_set) if item["name"] == found.id else item
                for item in entries
            ]
            self._put(spec.realm, changed)
        return None

    def delete(self, found: Observed[P]) -> None:
        """Remove the entry from the document."""
        with _lock(self.session.url, found.spec.realm):
            entries = self._entries(found.spec.realm)
            self._put(found.spec.realm, [item for item in entries if item["name"] != found.id])

    def _entries(self, realm: str) -> list[dict[str, Any]]:
        document = self.session.get(realm, "client-policies", self.document) or {}
        return list(document.get(self.document) or ())

    def _put(self, realm: str, entries: list[dict[str, Any]]) -> None:
        self.session.put(realm, "client-policies", self.document, body={self.document: entries})

    def _require(self, spec: P, names: Collection[str] | None) -> None:
        """Raise an error before any write if this Keycloak lacks a provider."""
        for _, provider, feature, _ in self._declared(spec, names):
            server_info.require(self.session, f"client-policy-{self.part}", provider, feature)

    def _understood(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {self.parts: []}
        for field, value, part in self._sorted(raw):
            if field:
                values[field] = value
            else:
                values[self.parts].append(
                    {self.part: part[self.part], "configuration": part.get("configuration") or {}}
                )
        kind = get_args(self.spec.model_fields[self.parts].annotation)[0]
        values[self.parts] = tuple(kind.model_construct(**item) for item in values[self.parts])
        return values

    def _represented(self, spec: P, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the entry with its parts in the present order; parts that are not declared stay unchanged."""
        new = {
            field: {self.part: provider, "configuration": configuration}
            for field, provider, _, configuration in self._declared(spec, names)
            if field
        }
        touched = set(self.spec.model_fields) if names is None else set(names)
        kept = []
        for field, _, part in self._sorted(raw):
            if (field or self.parts) not in touched:
                kept.append(part)
            elif field in new:
                kept.append(new.pop(field))
        others = [
            {self.part: provider, "configuration": configuration}
            for field, provider, _, configuration in self._declared(spec, names)
            if not field
        ]
        return {**write(spec, raw, names), self.parts: [*kept, *new.values(), *others]}

    def _declared(
        self, spec: P, names: Collection[str] | None
    ) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield the field (empty for a generic part), provider, feature and configuration of each declared part."""
        for field, mark in typed(self.spec).items():
            value = getattr(spec, field)
            if value and (names is None or field in names):
                yield field, mark.id, mark.feature, {} if value is True else _written(value)
        if names is None or self.parts in names:
            for item in getattr(spec, self.parts):
                yield "", getattr(item, self.part), "", dict(item.configuration)

    def _sorted(self, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        """Yield each part with its typed field (for the first part of an id), or with an empty field name."""
        free = {mark.id: field for field, mark in typed(self.spec).items()}
        for part in raw.get(self.parts) or ():
            field = free.get(part[self.part], "")
            value = _read(self.spec, field, part.get("configuration") or {}) if field else None
            if value:
                del free[part[self.part]]
            yield field if value else "", value, part


@cache
def typed(kind: type[Spec]) -> dict[str, Provided]:
    """Return the fields that stand for one executor or condition each, by Python name."""
    return {
        name: mark
        for name, info in kind.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Provided)
    }


def refuse_what_has_a_field(spec: PolicyPart, parts: str, part: str) -> None:
    """Refuse a part that is declared by its id although a typed field can declare it.

    Raises:
        ValueError: A typed field can declare the part.
    """
    fields = {mark.id: name for name, mark in typed(type(spec)).items()}
    for item in getattr(spec, parts):
        name = fields.get(getattr(item, part))
        if name and not getattr(spec, name) and _read(type(spec), name, item.configuration):
            raise ValueError(f"say {getattr(item, part)!r} with {type(spec).model_fields[name].alias}")


def _read(kind: type[Spec], field: str, configuration: Mapping[str, Any]) -> Any:
    """Return the typed value of a configuration, or None if the typed field cannot express it."""
    annotation = kind.model_fields[field].annotation
    if annotation is bool:
        return not any(value not in (False, "false", None) for value in configuration.values()) or None
    names = {key: name for name, key in _keys(get_args(annotation)[0]).items()}
    if not configuration.keys() <= names.keys():
        return None
    values = {names[key]: value for key, value in configuration.items() if value is not None}
    try:
        return get_args(annotation)[0].model_validate(values)
    except ValidationError:
        return None


def _written(value: Configuration) -> dict[str, Any]:
    dumped = value.model_dump(mode="json", exclude_none=True)
    return {key: dumped[name] for name, key in _keys(type(value)).items() if name in dumped}


@cache
def _keys(kind: type[Configuration]) -> dict[str, str]:
    """Return Keycloak's key of each field."""
    return {
        name: next(
            (mark.path[0] for mark in info.metadata if isinstance(mark, FieldMapping)), name.replace("_", "-")
        )
        for name, info in kind.model_fields.items()
    }


def drop_unsupported(session: Session, realm: str) -> None:
    """Remove the parts of a feature that Keycloak no longer has: with them, every change of a client fails.

    Args:
        session: The Admin API.
        realm: The realm.
    """
    for document, parts, part in (
        ("policies", "conditions", "condition"),
        ("profiles", "executors", "executor"),
    ):
        offered = server_info.offered(session, f"client-policy-{part}")
        if offered is None:
            continue
        with _lock(session.url, realm):
            told = session.get(realm, "client-policies", document) or {}
            entries = told.get(document) or ()
            kept = [
                entry | {parts: [item for item in entry.get(parts) or () if item[part] in offered]}
                for entry in entries
            ]
            if any(
                len(new[parts]) < len(old.get(parts) or ()) for new, old in zip(kept, entries, strict=True)
            ):
                session.put(realm, "client-policies", document, body={document: kept})


def _lock(url: str, realm: str) -> threading.Lock:
    """Return the lock of a realm's documents: nobody else may write between our reading and writing a document."""
    with _GUARD:
        return _LOCKS.setdefault((url, realm), threading.Lock())
