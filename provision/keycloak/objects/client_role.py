"""Client roles (Keycloak Server Administration Guide, "Client roles")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from provision._lib.urls import segment
from provision.core.spec import NaturalKey, Refers
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import Outside, RealmName
from provision.keycloak.bases.role import Role, RoleHandler
from provision.keycloak.objects.client import client_with_id, internal_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing


class ClientRole(Role, module="keycloak", group="Roles, groups and users", rank=2):
    """A role of a client (Server Administration Guide, "Client roles")."""

    realm: RealmName
    client: Annotated[str, NaturalKey, Outside, Refers("Client")] = Field(
        min_length=1, description="The client id of the client whose role it is."
    )
    name: Annotated[str, NaturalKey, AfterValidator(segment)] = Field(
        min_length=1, max_length=COLUMN, description="The role's name, unique in the client."
    )


class ClientRoleHandler(RoleHandler[ClientRole]):
    """The handler of client roles through the Admin API."""

    def collection(self, spec: ClientRole) -> tuple[str, ...]:
        """Return the path of the client's roles."""
        return "clients", internal_id(self.session, spec.realm, spec.client), "roles"

    def discover(self, listing: RealmListing) -> Iterator[ClientRole]:
        """Yield the roles of clients that people made."""
        for client in listing.clients:
            for item in listing.listed("clients", client["id"], "roles"):
                yield self.key(realm=listing.realm, client=client["clientId"], name=item["name"])

    def look_up(self, key: ClientRole) -> Mapping[str, Any] | None:
        """Return the role, or None if there is none or the client is gone."""
        if client_with_id(self.session, key.realm, key.client) is None:
            return None
        return super().look_up(key)
