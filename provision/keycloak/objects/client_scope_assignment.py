"""A client scope's membership in one client (Server Administration Guide, "Link client scope with the client")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Refers, ReplaceOnChange, Spec
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.client import client_with_id, internal_id
from provision.keycloak.objects.client_scope import scope_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.realm_listing import RealmListing


class ClientScopeAssignment(
    Spec, module="keycloak", group="Client scopes", rank=3, formerly=("ClientDefaultScope",)
):
    """The assignment of a client scope to a client ("Link client scope with the client"), beside its other scopes.

    A new client gets the realm's default scopes from Keycloak, so the membership may exist already.
    """

    realm: RealmName
    client: Annotated[str, NaturalKey, Refers("Client")] = Field(
        min_length=1, description="The client id of the client."
    )
    scope: Annotated[str, NaturalKey, Refers("ClientScope")] = Field(
        min_length=1, description="Name of the client scope."
    )
    kind: Annotated[Literal["default", "optional"], ReplaceOnChange] = Field(
        default="default",
        description="In every token of the client, or only in those for which the scope was asked for.",
    )


_LISTS = {"default": "default-client-scopes", "optional": "optional-client-scopes"}


class ClientScopeAssignmentHandler(KeycloakHandler[ClientScopeAssignment]):
    """The handler of memberships through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[ClientScopeAssignment]:
        """Yield the memberships that a new client would not have; with the factory's objects, all memberships."""
        for client in listing.clients:
            for kind, members in listing.realm_scopes.items():
                usual = set() if listing.factory else members
                for name in sorted({*client.get(f"{kind}ClientScopes", ())} - usual):
                    yield self.key(realm=listing.realm, client=client["clientId"], scope=name)

    def find(self, key: ClientScopeAssignment) -> Observed[ClientScopeAssignment] | None:
        """Return the membership if the scope is in either list of the client, or None."""
        session = self.session
        client = client_with_id(session, key.realm, key.client)
        if client is None:
            return None
        for kind in _LISTS:
            if key.scope in client.get(f"{kind}ClientScopes", ()):
                values = {"realm": key.realm, "client": key.client, "scope": key.scope, "kind": kind}
                member = scope_id(session, key.realm, key.scope)
                return Observed(member, ClientScopeAssignment.model_validate(values), raw=client)
        return None

    def create(self, spec: ClientScopeAssignment) -> None:
        """Add the scope to the list."""
        session = self.session
        client = internal_id(session, spec.realm, spec.client)
        member = scope_id(session, spec.realm, spec.scope)
        session.put(spec.realm, "clients", client, _LISTS[spec.kind], member, body={})

    def update(self, found: Observed[ClientScopeAssignment], spec: ClientScopeAssignment) -> None:
        """Move the scope to the declared list: Keycloak ignores an addition of a scope that the other list has."""
        if found.spec.kind != spec.kind:
            self.delete(found)
            self.create(spec)

    def delete(self, found: Observed[ClientScopeAssignment]) -> None:
        """Remove the scope from the list."""
        path = ("clients", found.raw["id"], _LISTS[found.spec.kind], found.id)
        self.session.delete(found.spec.realm, *path)
