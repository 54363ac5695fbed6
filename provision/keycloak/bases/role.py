"""The base of realm and client roles (Keycloak Server Administration Guide, "Creating roles" and "Composite roles")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field

from provision.core.spec import Refers, Spec, Unordered
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.listing_cache import ListingCache
from provision.keycloak.bases.multivalued_fields import COLUMN, KeyedLists, ShortKeyedLists, in_order, merged
from provision.keycloak.bases.representation import Outside
from provision.keycloak.bases.role_mappings import REALM, Roles, bring, role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from provision.core.handler import Observed
    from provision.core.spec import Outputs


class Role(Spec):
    """The fields that every role has."""

    description: str = Field(default="", max_length=COLUMN, description="What the admin console says of it.")
    attributes: ShortKeyedLists = Field(
        default={}, description="Each key is declared apart; others stay as they are."
    )
    realm_composites: Annotated[tuple[str, ...], Unordered, Outside, Refers("RealmRole")] = Field(
        default=(), description="Names of realm roles that come with it."
    )
    client_composites: Annotated[KeyedLists, Outside, Refers("ClientRole")] = Field(
        default={}, description="Client roles that come with it: names by client id."
    )


R = TypeVar("R", bound=Role)
_COMPOSITES = "composites"


class RoleHandler(CollectionHandler[R]):
    """The handler of roles, found by their names."""

    rejects_duplicates = True

    def look_up(self, key: R) -> Mapping[str, Any] | None:
        """Return the role, with its parts if the role is composite, or None."""
        session, where = self.session, (self.realm_of(key), *self.collection(key))
        path = (*where, _name(key))
        listed = ListingCache.of(session).items("name", *where, briefRepresentation="false")
        raw = session.get(*path) if listed is None else listed.get(_name(key))
        if raw is None:
            return None
        return {**raw, _COMPOSITES: (session.get(*path, _COMPOSITES) or ()) if raw["composite"] else ()}

    def address_of(self, raw: Mapping[str, Any]) -> str:
        """Return the role's name, which ends the role's path."""
        return str(raw["name"])

    def from_json(self, key: R, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields; the names of clients replace the internal ids that client roles carry."""
        made_of = self._made_of(self.realm_of(key), raw)
        return super().from_json(key, raw) | {
            "attributes": in_order(raw.get("attributes") or {}),
            "realm_composites": made_of.realm,
            "client_composites": made_of.client,
        }

    def to_json(self, spec: R, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation, with the parts of a new composite role; other calls change the parts later."""
        body = super().to_json(spec, raw, names)
        body.pop(_COMPOSITES, None)
        if names is None or "attributes" in names:
            body["attributes"] = merged(raw.get("attributes") or {}, spec.attributes)
        if names is None and (spec.realm_composites or spec.client_composites):
            wanted = _wanted(spec)
            body |= {"composite": True, _COMPOSITES: {"realm": wanted.realm, "client": wanted.client}}
        return body

    def create(self, spec: R) -> Outputs | None:
        """Make the role; the roles that it contains must exist."""
        for owner, names in _wanted(spec).declared(None, "", ""):
            for name in sorted(names):
                role(self.session, self.realm_of(spec), name, owner)
        return super().create(spec)

    def update(self, found: Observed[R], spec: R) -> Outputs | None:
        """Change the role, and the roles that it contains."""
        super().update(found, spec)
        realm = self.realm_of(spec)
        bring(
            self.session,
            realm,
            self.path_of(found),
            self._made_of(realm, found.raw),
            _wanted(spec).declared(spec.model_fields_set, "realm_composites", "client_composites"),
            composites=True,
        )
        return None

    def _made_of(self, realm: str, raw: Mapping[str, Any]) -> Roles:
        names: dict[str, list[str]] = {REALM: []}
        clients: dict[str, str] = {}
        for item in raw[_COMPOSITES]:
            owner = REALM
            if item["clientRole"]:
                internal = item["containerId"]
                if internal not in clients:
                    clients[internal] = self.session.get(realm, "clients", internal)["clientId"]
                owner = clients[internal]
            names.setdefault(owner, []).append(item["name"])
        ordered = {owner: tuple(sorted(items)) for owner, items in names.items()}
        return Roles(ordered.pop(REALM), ordered)


def _wanted(spec: Role) -> Roles:
    return Roles(spec.realm_composites, spec.client_composites)


def _name(spec: Any) -> str:
    return str(spec.name)
