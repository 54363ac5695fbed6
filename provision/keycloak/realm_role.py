"""Realm roles (Keycloak Server Administration Guide, "Creating a realm role")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from provision.keycloak.keyed_lists import COLUMN
from provision.keycloak.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.role import Role, RoleCalls
from provision.spec import NaturalKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.keycloak.inventory import Inventory


class RealmRole(Role, module="keycloak"):
    """A role of the realm (Server Administration Guide, "Creating a realm role")."""

    realm: RealmName
    name: Annotated[str, NaturalKey] = Field(
        min_length=1, max_length=COLUMN, description="The role's name, unique in the realm."
    )


class RealmRoleCalls(RoleCalls[RealmRole]):
    """Realm roles through the Admin API."""

    def survey(self, inventory: Inventory) -> Iterator[RealmRole]:
        """Those that people made."""
        for name in inventory.roles:
            yield self.key(realm=inventory.realm, name=name)

    def collection(self, spec: RealmRole) -> tuple[str, ...]:
        """The realm's roles."""
        del spec
        return ("roles",)
