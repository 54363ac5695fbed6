"""Roles of a client's service account (Keycloak Server Administration Guide, "Using a service account")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from provision._lib.urls import segment
from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Refers, Spec
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.bases.role_mappings import REALM, give, held, role, take
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.client import client_with_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.keycloak.realm_listing import RealmListing


class ServiceAccountRole(Spec, module="keycloak", group="Roles, groups and users", rank=3):
    """A role that is given to a client's service account; the account's other roles stay unchanged.

    A role that the service account had before stays when this object is destroyed.
    """

    realm: RealmName
    client: Annotated[str, NaturalKey, Refers("Client")] = Field(
        min_length=1, description="The client with the service account."
    )
    owner: Annotated[str, NaturalKey] = Field(
        default=REALM, description="The client id of the client whose role it is; none for a realm role."
    )
    role: Annotated[str, NaturalKey, AfterValidator(segment)] = Field(
        min_length=1, description="Name of the role."
    )

    def references(self) -> Iterator[tuple[str, ...]]:
        """Yield the usual references, and the role."""
        yield from super().references()
        yield ("ClientRole", self.owner, self.role) if self.owner else ("RealmRole", self.role)


class ServiceAccountRoleHandler(KeycloakHandler[ServiceAccountRole]):
    """The handler of role mappings of service accounts through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[ServiceAccountRole]:
        """Yield all mappings but the realm's default role, which every user has."""
        for client in listing.clients:
            if not client.get("serviceAccountsEnabled"):
                continue
            user = listing.session.get(listing.realm, "clients", client["id"], "service-account-user")
            roles = held(listing.session, listing.realm, "users", user["id"])
            own = [(REALM, name) for name in roles.realm if name != listing.default_role]
            for owner, name in own + [
                (owner, name) for owner, names in roles.client.items() for name in names
            ]:
                yield self.key(realm=listing.realm, client=client["clientId"], owner=owner, role=name)

    def find(self, key: ServiceAccountRole) -> Observed[ServiceAccountRole] | None:
        """Return the mapping if the service account has the role directly, or None."""
        user = self._user(key)
        if user is None:
            return None
        session = self.session
        if key.role not in held(session, key.realm, "users", user["id"]).of(key.owner):
            return None
        spec = ServiceAccountRole(realm=key.realm, client=key.client, owner=key.owner, role=key.role)
        return Observed(user["id"], spec)

    def create(self, spec: ServiceAccountRole) -> None:
        """Give the role.

        Raises:
            KeycloakError: The client has no service account.
        """
        user = self._user(spec)
        if user is None:
            raise KeycloakError(
                f"There is no client {spec.client!r} with a service account in realm {spec.realm}.",
                "Declare a confidential client with service accounts first.",
            )
        give(self.session, spec.realm, ("users", user["id"]), spec.role, spec.owner)

    def update(self, found: Observed[ServiceAccountRole], spec: ServiceAccountRole) -> None:
        """Do nothing: all fields are part of the key."""

    def delete(self, found: Observed[ServiceAccountRole]) -> None:
        """Remove the role from the service account."""
        session, spec = self.session, found.spec
        representation = role(session, spec.realm, spec.role, spec.owner)
        where = ("clients", representation["containerId"]) if spec.owner else ("realm",)
        take(session, spec.realm, "users", found.id, "role-mappings", *where, roles=[representation])

    def _user(self, key: ServiceAccountRole) -> Mapping[str, Any] | None:
        session = self.session
        client = client_with_id(session, key.realm, key.client)
        if client is None or not client.get("serviceAccountsEnabled"):
            return None
        user: Mapping[str, Any] | None = session.get(
            key.realm, "clients", client["id"], "service-account-user"
        )
        return user
