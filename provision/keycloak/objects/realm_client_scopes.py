"""A realm's whole lists of default and optional client scopes (Server Administration Guide, "Realm default client scopes")."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from provision.core.across_fields import across_fields
from provision.core.handler import Observed
from provision.core.spec import Refers, Spec, Unordered
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.representation import RealmName  # noqa: TC001 - pydantic reads it
from provision.keycloak.handler import KeycloakHandler
from provision.keycloak.objects.client_scope import scope_id

if TYPE_CHECKING:
    from collections.abc import Mapping


class RealmClientScopes(Spec, module="keycloak", group="Client scopes", rank=4):
    """The realm's whole lists of default and optional client scopes ("Realm default client scopes").

    Every realm has both lists, so the lists are always taken over: destroy puts their former content back. A scope that
    is declared in neither list is removed from both, Keycloak's own (`basic`, `roles`, …) too. Use
    RealmClientScopeAssignment instead to add one scope and leave the rest unchanged, and never use both kinds in one
    realm.
    """

    realm: RealmName
    default_scopes: Annotated[tuple[str, ...], Unordered, Refers("ClientScope")] = Field(
        description="All that every new client gets, by name."
    )
    optional_scopes: Annotated[tuple[str, ...], Unordered, Refers("ClientScope")] = Field(
        description="All that a new client may ask for, by name."
    )

    @across_fields
    def _in_one_list_only(self) -> None:
        if twice := sorted({*self.default_scopes} & {*self.optional_scopes}):
            raise ValueError(f"the scope {twice[0]} is in both lists")


_LISTS = {
    "default_scopes": "default-default-client-scopes",
    "optional_scopes": "default-optional-client-scopes",
}


class RealmClientScopesHandler(KeycloakHandler[RealmClientScopes]):
    """The handler of the realm's two lists through the Admin API."""

    _locks: ClassVar[dict[str, threading.Lock]] = {}

    def find(self, key: RealmClientScopes) -> Observed[RealmClientScopes] | None:
        """Return both lists, or None if there is no such realm."""
        members = {field: self._members(key.realm, field) for field in _LISTS}
        if None in members.values():
            return None
        lists = {field: tuple(sorted(found or ())) for field, found in members.items()}
        return Observed("", RealmClientScopes(realm=key.realm, **lists))

    def create(self, spec: RealmClientScopes) -> None:
        """Raise an error if the realm does not exist; there is nothing to make, since the lists come with the realm.

        Raises:
            KeycloakError: There is no such realm.
        """
        raise KeycloakError(f"There is no realm {spec.realm}.", "Declare the realm first.")

    def update(self, found: Observed[RealmClientScopes], spec: RealmClientScopes) -> None:
        """Remove undeclared scopes, then add missing ones: a scope can be in one list only."""
        session, realm = self.session, spec.realm
        wanted = {
            field: {name: scope_id(session, realm, name) for name in getattr(spec, field)} for field in _LISTS
        }
        with self._locks.setdefault(f"{session.url} {realm}", threading.Lock()):
            present = {field: self._members(realm, field) or {} for field in _LISTS}
            for field, path in _LISTS.items():
                for name in sorted(present[field].keys() - wanted[field].keys()):
                    session.delete(realm, path, present[field][name])
            for field, path in _LISTS.items():
                for name in sorted(wanted[field].keys() - present[field].keys()):
                    session.put(realm, path, wanted[field][name], body={})
        del found  # the lists may have been changed meanwhile

    def delete(self, found: Observed[RealmClientScopes]) -> None:
        """Do nothing: the lists go with the realm, and lists that were imported stay unchanged."""

    def _members(self, realm: str, field: str) -> Mapping[str, str] | None:
        """Return the ids of a list's scopes by name, or None if there is no realm."""
        listed = self.session.get(realm, _LISTS[field])
        return None if listed is None else {item["name"]: item["id"] for item in listed}
