"""What most kinds of Keycloak objects share: they stand in a collection of the Admin API and are mapped field by field."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from provision.core.handler import Observed
from provision.core.spec import Outputs, Spec
from provision.keycloak.bases.name_index import NameIndex
from provision.keycloak.bases.representation import read, write
from provision.keycloak.handler import KeycloakHandler

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

S = TypeVar("S", bound=Spec)


class CollectionHandler(KeycloakHandler[S]):
    """Made by POST to the collection, changed by PUT of the whole representation, removed by DELETE.

    A subclass says where the collection is and how an object is looked up; where a field does not simply stand
    somewhere (see :mod:`provision.keycloak.bases.representation`) it extends ``understood`` and ``represented``.
    """

    fixed: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """What the representation of every object of the kind says besides its fields."""

    def collection(self, spec: S) -> tuple[str, ...]:
        """The path of the collection below the realm."""
        raise NotImplementedError

    def look_up(self, key: S) -> Mapping[str, Any] | None:
        """The representation of the object with that natural key, or None."""
        raise NotImplementedError

    def realm_of(self, key: S) -> str:
        """The realm."""
        return str(key.realm)  # type: ignore[attr-defined]

    def from_json(self, key: S, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' values out of a representation, under their Python names."""
        keys = {field.name: getattr(key, field.name) for field in self.spec.key_fields()}
        return read(self.spec, raw) | keys

    def to_json(self, spec: S, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """The representation with the spec's fields put in: those named, or all when it is made."""
        return {**write(spec, raw, names), **self.fixed}

    def find(self, key: S) -> Observed[S] | None:
        """The object with that natural key."""
        raw = self.look_up(key)
        if raw is None:
            return None
        spec: Any = self.spec.model_construct(**self.from_json(key, raw))
        return Observed(self.address_of(raw), spec, raw=raw)

    def address_of(self, raw: Mapping[str, Any]) -> str:
        """The last part of the object's path."""
        return str(raw["id"])

    def create(self, spec: S) -> Outputs | None:
        """Make the object."""
        self.session.post(self.realm_of(spec), *self.collection(spec), body=self.to_json(spec, {}, None))
        return None

    def update(self, found: Observed[S], spec: S) -> Outputs | None:
        """Change what is declared; the rest stays as it is."""
        body = self.to_json(spec, found.raw, spec.model_fields_set)
        self.session.put(self.realm_of(spec), *self.collection(spec), found.id, body=body)
        return None

    def delete(self, found: Observed[S]) -> None:
        """Remove the object."""
        self.session.delete(self.realm_of(found.spec), *self.collection(found.spec), found.id)


class NamedCollectionHandler(CollectionHandler[S]):
    """A collection that the Admin API can't be asked by name: ids come from an index of one listing."""

    rejects_duplicates = True

    def look_up(self, key: S) -> Mapping[str, Any] | None:
        """The object's own representation; None when there is none or it is gone since the listing."""
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
