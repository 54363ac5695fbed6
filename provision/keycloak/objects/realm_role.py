"""Realm roles (Keycloak Server Administration Guide, "Creating a realm role")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from provision._lib.urls import segment
from provision.core.spec import NaturalKey
from provision.keycloak.bases.multivalued_fields import COLUMN
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.bases.role import Role, RoleHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.realm_listing import RealmListing


class RealmRole(Role, module="keycloak", group="Roles, groups and users", rank=1):
    """A role of the realm (Server Administration Guide, "Creating a realm role")."""

    realm: RealmName
    name: Annotated[str, NaturalKey, AfterValidator(segment)] = Field(
        min_length=1, max_length=COLUMN, description="The role's name, unique in the realm."
    )


class RealmRoleHandler(RoleHandler[RealmRole]):
    """The handler of realm roles through the Admin API."""

    def discover(self, listing: RealmListing) -> Iterator[RealmRole]:
        """Yield the roles that people made."""
        for name in listing.roles:
            yield self.key(realm=listing.realm, name=name)

    def collection(self, spec: RealmRole) -> tuple[str, ...]:
        """Return the path of the realm's roles."""
        del spec
        return ("roles",)
