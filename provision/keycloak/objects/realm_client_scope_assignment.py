"""A client scope's membership in the realm's defaults (Server Administration Guide, "Link client scope with the client")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from provision.core.handler import Observed
from provision.core.spec import NaturalKey, Refers, ReplaceOnChange, Spec
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.client_scope import scope_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.realm_listing import RealmListing


class RealmClientScopeAssignment(
    Spec, module="keycloak", group="Client scopes", rank=2, formerly=("DefaultClientScope",)
):
    """The assignment of a client scope to every new client of the realm; other memberships stay unchanged.

    Existing clients do not get the scope (Keycloak applies realm defaults when a client is made).
    """

    realm: RealmName
    scope: Annotated[str, NaturalKey, Refers("ClientScope")] = Field(
        min_length=1, description="Name of the client scope."
    )
    kind: Annotated[Literal["default", "optional"], ReplaceOnChange] = Field(
        default="default",
        description="`default` is always in a client's tokens, `optional` only when the request asks for it.",
    )


_LISTS = {"default": "default-default-client-scopes", "optional": "default-optional-client-scopes"}


class RealmClientScopeAssignmentHandler(KeycloakHandler[RealmClientScopeAssignment]):
    """The handler of realm default memberships through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[RealmClientScopeAssignment]:
        """Yield the memberships of scopes that people made."""
        own = {item["name"] for item in listing.scopes}
        for members in listing.realm_scopes.values():
            for name in sorted(members & own):
                yield self.key(realm=listing.realm, scope=name)

    def find(self, key: RealmClientScopeAssignment) -> Observed[RealmClientScopeAssignment] | None:
        """Return the membership if the scope is in either list, or None."""
        session = self.session
        for kind, path in _LISTS.items():
            for scope in session.get(key.realm, path) or ():
                if scope["name"] == key.scope:
                    spec = RealmClientScopeAssignment(realm=key.realm, scope=key.scope, kind=kind)
                    return Observed(scope["id"], spec)
        return None

    def create(self, spec: RealmClientScopeAssignment) -> None:
        """Add the scope to the list."""
        session = self.session
        member = scope_id(session, spec.realm, spec.scope)
        session.put(spec.realm, _LISTS[spec.kind], member, body={})

    def update(self, found: Observed[RealmClientScopeAssignment], spec: RealmClientScopeAssignment) -> None:
        """Move the scope to the declared list."""
        if found.spec.kind != spec.kind:
            self.delete(found)
            self.create(spec)

    def delete(self, found: Observed[RealmClientScopeAssignment]) -> None:
        """Remove the scope from the list."""
        self.session.delete(found.spec.realm, _LISTS[found.spec.kind], found.id)
