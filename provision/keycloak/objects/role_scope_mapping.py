"""Role scope mappings (Keycloak Server Administration Guide, "Role scope mappings")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from provision._lib.urls import segment
from provision.core.across_fields import across_fields
from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Refers, Spec
from provision.keycloak import factory_realm, realm_document
from provision.keycloak.api.session import ForbiddenError, KeycloakError
from provision.keycloak.bases.listing_cache import ListingCache
from provision.keycloak.bases.name_index import NameIndex
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.bases.role_mappings import IN_SCOPE, REALM, give, held, role, take
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.client import client_with_id
from provision.keycloak.realm_document import ScopeMapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.realm_listing import RealmListing


class RoleScopeMapping(Spec, module="keycloak", group="Roles, groups and users", rank=6):
    """A role that a client or a client scope may put into tokens ("Role scope mappings"), beside its other roles.

    A token names a role of its user only if the role is in the scope of the client: mapped to the client, or to one of the
    client scopes in use. It counts for a client with `fullScopeAllowed: false`; with `true`, every role is in its scope. A
    mapping that was there before stays when this object is destroyed.
    """

    realm: RealmName
    scope: Annotated[str, NaturalKey, Refers("ClientScope")] = Field(
        default="", description="The client scope; leave it out for a client."
    )
    client: Annotated[str, NaturalKey, Refers("Client")] = Field(
        default="", description="The client id of the client, instead of a scope."
    )
    owner: Annotated[str, NaturalKey] = Field(
        default=REALM, description="The client id of the client whose role it is; none for a realm role."
    )
    role: Annotated[str, NaturalKey, AfterValidator(segment)] = Field(
        min_length=1, description="Name of the role."
    )

    @across_fields
    def _one_holder(self) -> None:
        if bool(self.scope) == bool(self.client):
            raise ValueError("give either scope or client")

    def references(self) -> Iterator[tuple[str, ...]]:
        """Yield the usual references, and the role."""
        yield from super().references()
        yield ("ClientRole", self.owner, self.role) if self.owner else ("RealmRole", self.role)


class RoleScopeMappingHandler(KeycloakHandler[RoleScopeMapping]):
    """The handler of role scope mappings through the Admin API."""

    is_told_by_export = True

    def discover(self, listing: RealmListing) -> Iterator[RoleScopeMapping]:
        """Yield the mappings that a fresh realm does not have; with the factory's objects, all mappings."""
        fresh = factory_realm.factory(listing.realm, listing.default_role)["realm"]
        usual = set() if listing.factory else {*realm_document.scope_mappings(fresh)}
        for item in realm_document.scope_mappings(listing.exported):
            if item not in usual:
                yield self.key(realm=listing.realm, **item._asdict())

    def find(self, key: RoleScopeMapping) -> Observed[RoleScopeMapping] | None:
        """Return the mapping if the client or client scope has it directly, or None."""
        holder = self._holder(key)
        if holder is None or not self._has(key, holder):
            return None
        values = {field.name: getattr(key, field.name) for field in RoleScopeMapping.key_fields()}
        return Observed(holder[-1], RoleScopeMapping.model_construct(**values))

    def create(self, spec: RoleScopeMapping) -> None:
        """Add the role.

        Raises:
            KeycloakError: There is no such client or client scope, or no such role.
        """
        holder = self._holder(spec)
        if holder is None:
            kind = "client scope" if spec.scope else "client"
            raise KeycloakError(
                f"There is no {kind} {spec.scope or spec.client!r} in realm {spec.realm}.",
                f"Declare the {kind} first.",
            )
        give(self.session, spec.realm, holder, spec.role, spec.owner, kind=IN_SCOPE)

    def update(self, found: Observed[RoleScopeMapping], spec: RoleScopeMapping) -> None:
        """Do nothing: all fields are part of the key."""

    def delete(self, found: Observed[RoleScopeMapping]) -> None:
        """Remove the role from the client or client scope."""
        session, spec = self.session, found.spec
        representation = role(session, spec.realm, spec.role, spec.owner)
        where = ("clients", representation["containerId"]) if spec.owner else ("realm",)
        take(session, spec.realm, *_path(spec, found.id), IN_SCOPE, *where, roles=[representation])

    def _holder(self, key: RoleScopeMapping) -> tuple[str, str] | None:
        """Return the path of the client or client scope, or None if there is none."""
        if key.scope:
            found = NameIndex.of(self.session).id_of(key.scope, key.realm, "client-scopes")
        else:
            found = (client_with_id(self.session, key.realm, key.client) or {}).get("id")
        return None if found is None else _path(key, found)

    def _has(self, key: RoleScopeMapping, holder: tuple[str, str]) -> bool:
        """Return whether the role is in the scope: by the realm's export where many mappings are looked at, if it may be read."""
        session = self.session

        def listed() -> list[dict[str, Any]]:
            return [
                {"mapping": item} for item in realm_document.scope_mappings(session.export(key.realm) or {})
            ]

        try:
            items = ListingCache.of(session).items("mapping", key.realm, IN_SCOPE, reads=listed)
        except ForbiddenError:
            items = None
        if items is not None:
            return ScopeMapping(key.scope, key.client, key.owner, key.role) in items
        return key.role in held(session, key.realm, *holder, kind=IN_SCOPE).of(key.owner)


def _path(spec: RoleScopeMapping, internal: str) -> tuple[str, str]:
    return ("client-scopes" if spec.scope else "clients"), internal
