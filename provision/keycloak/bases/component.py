"""The base of kinds that Keycloak keeps as components (Admin REST API, "Component"): keys, user federations, their mappers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from provision.core.spec import Spec
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.listing_cache import ListingCache

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

C = TypeVar("C", bound=Spec)


class ComponentHandler(CollectionHandler[C]):
    """The handler of components of one type, found by name; Keycloak lets several have the same one."""

    provider_type: ClassVar[str]
    """Keycloak's type of the components, which is the name of a Java interface."""
    place: ClassVar[str]
    """Where the admin console shows the components."""

    def collection(self, spec: C) -> tuple[str, ...]:
        """Return the path of the realm's components."""
        del spec
        return ("components",)

    def provider_of(self, spec: C) -> str | None:
        """Return Keycloak's id of the component's provider, or None if the name alone tells components apart."""
        raise NotImplementedError

    def parent_of(self, spec: C) -> str | None:
        """Return the id of the component or realm that holds the component, or None if there is no such holder."""
        return self.session.realm_id(self.realm_of(spec))

    def look_up(self, key: C) -> Mapping[str, Any] | None:
        """Return the component by one query for its name, or None.

        Raises:
            KeycloakError: There are several components of that name, and Keycloak uses all of them.
        """
        parent, provider, name = self.parent_of(key), self.provider_of(key), str(key.name)  # type: ignore[attr-defined]
        if parent is None:
            return None
        listed = self._in(self.realm_of(key), parent, name)
        found = [dict(item) for item in listed if provider in {None, item["providerId"]}]
        if len(found) > 1:
            raise KeycloakError(
                f"There are {len(found)} of the {key.label()}, and Keycloak uses all of them.",
                f"Rename or delete all but one in the admin console ({self.place}).",
            )
        return found[0] if found else None

    def _in(self, realm: str, parent: str, name: str) -> list[Mapping[str, Any]]:
        """Return the components of the type that a holder has under a name: from a listing of all, or else by one query."""
        listed = ListingCache.of(self.session).items("id", realm, "components")
        if listed is None:
            found = self.session.get(realm, "components", parent=parent, type=self.provider_type, name=name)
            return found or []
        wanted = (parent, self.provider_type, name)
        places = ("parentId", "providerType", "name")
        return [item for item in listed.values() if tuple(map(item.get, places)) == wanted]

    def to_json(self, spec: C, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation; a new component gets its type and its place."""
        body = super().to_json(spec, raw, names)
        if names is None:
            body |= {"providerType": self.provider_type, "parentId": self.parent_of(spec)}
            if provider := self.provider_of(spec):
                body["providerId"] = provider
        return body
