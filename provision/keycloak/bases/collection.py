"""The base of most kinds of Keycloak objects: they form a collection of the Admin API and are mapped field by field."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from provision.core.handler import Observed
from provision.core.record import without
from provision.core.spec import Outputs, Spec
from provision.keycloak.api.server_info import version
from provision.keycloak.bases.name_index import NameIndex
from provision.keycloak.bases.representation import places, read, write
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.realm_document import VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

S = TypeVar("S", bound=Spec)


class CollectionHandler(KeycloakHandler[S]):
    """The handler of objects that are made by POST to a collection, changed by PUT as a whole, and removed by DELETE.

    A subclass names the collection and looks an object up; for a field that does not simply stand at one place (see
    :mod:`provision.keycloak.bases.representation`), the subclass extends ``from_json`` and ``to_json``.
    """

    fixed: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Values that the representation of every object of the kind has besides its fields."""
    further_places: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The places of fields in a representation that ``from_json`` reads itself."""

    def collection(self, spec: S) -> tuple[str, ...]:
        """Return the path of the collection below the realm."""
        raise NotImplementedError

    def look_up(self, key: S) -> Mapping[str, Any] | None:
        """Return the representation of the object with that natural key, or None."""
        raise NotImplementedError

    def realm_of(self, key: S) -> str:
        """Return the realm's name."""
        return str(key.realm)  # type: ignore[attr-defined]

    def from_json(self, key: S, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the fields in a representation, under their Python names."""
        keys = {field.name: getattr(key, field.name) for field in self.spec.key_fields()}
        return read(self.spec, raw) | keys

    def to_json(self, spec: S, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation with the spec's fields put in: the named ones, or all fields of a new object."""
        return {**write(spec, raw, names), **self.fixed}

    def in_document(self, found: Observed[S]) -> Mapping[str, Any] | None:  # noqa: ARG002 - most kinds are modelled whole
        """Return the object as it stands in the realm's document, or None if that can't be read."""
        return None

    @classmethod
    def field_places(cls, names: Collection[str] | None = None) -> list[tuple[str, ...]]:
        """Return the places of fields in a representation.

        Args:
            names: The fields (wire names); None for all fields.
        """
        found = places(cls.spec)
        if names is None:
            return [*found.values(), *cls.further_places]
        chosen = {field.name for field in cls.spec.fields().values() if field.wire in names}
        keys = {field.name for field in cls.spec.key_fields()}
        further = cls.further_places if chosen - keys - found.keys() else ()
        return [*(path for name, path in found.items() if name in chosen), *further]

    def besides(self, found: Observed[S]) -> Mapping[str, Any] | None:
        """Return the object as it stands in the realm's document, without its fields, and the version of Keycloak."""
        whole = self.in_document(found)
        return (
            None if whole is None else without(whole, self.field_places()) | {VERSION: version(self.session)}
        )

    def is_outdated(self, record: Mapping[str, Any]) -> bool:
        """Return whether another version of Keycloak made the object."""
        return bool(record.get(VERSION) != version(self.session))

    def find(self, key: S) -> Observed[S] | None:
        """Return the object with that natural key, or None."""
        raw = self.look_up(key)
        if raw is None:
            return None
        spec: Any = self.spec.model_construct(**self.from_json(key, raw))
        return Observed(self.address_of(raw), spec, raw=raw)

    def address_of(self, raw: Mapping[str, Any]) -> str:
        """Return the last part of the object's path."""
        return str(raw["id"])

    def path_of(self, found: Observed[S]) -> tuple[str, ...]:
        """Return the path of an object, below its realm."""
        return (*self.collection(found.spec), found.id)

    def create(self, spec: S) -> Outputs | None:
        """Make the object."""
        self.session.post(self.realm_of(spec), *self.collection(spec), body=self.to_json(spec, {}, None))
        return None

    def update(self, found: Observed[S], spec: S) -> Outputs | None:
        """Change the declared fields; the other fields stay unchanged."""
        body = self.to_json(spec, found.raw, spec.model_fields_set)
        self.session.put(self.realm_of(spec), *self.path_of(found), body=body)
        return None

    def delete(self, found: Observed[S]) -> None:
        """Remove the object."""
        self.session.delete(self.realm_of(found.spec), *self.path_of(found))


class NamedCollectionHandler(CollectionHandler[S]):
    """The handler of a collection that the Admin API can't search by name: ids come from an index of one listing."""

    rejects_duplicates = True

    def look_up(self, key: S) -> Mapping[str, Any] | None:
        """Return the object's own representation, or None if there is none or it is gone since the listing."""
        session, where = self.session, (self.realm_of(key), *self.collection(key))
        object_id = NameIndex.of(session).id_of(_name(key), *where)
        if object_id is None:
            return None
        raw = session.get(*where, object_id)
        if raw is None:
            NameIndex.of(session).forget(_name(key), *where)
            return None
        return dict(raw)

    def create(self, spec: S) -> Outputs | None:
        """Make the object and remember its id."""
        session, where = self.session, (self.realm_of(spec), *self.collection(spec))
        made = session.post(*where, body=self.to_json(spec, {}, None))
        NameIndex.of(session).learn(_name(spec), made, *where)
        return None

    def delete(self, found: Observed[S]) -> None:
        """Remove the object and forget its id."""
        super().delete(found)
        where = (self.realm_of(found.spec), *self.collection(found.spec))
        NameIndex.of(self.session).forget(_name(found.spec), *where)


def _name(spec: Any) -> str:
    return str(spec.name)
