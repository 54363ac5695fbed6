"""The whole list of a realm's default or optional client scopes (Server Administration Guide, "Realm default client scopes")."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from provision.keycloak.client_scope import scope_id
from provision.keycloak.session import KeycloakError
from provision.spec import Calls, Found, NaturalKey, Spec, Unordered

if TYPE_CHECKING:
    from collections.abc import Mapping


class RealmClientScopes(Spec, module="keycloak"):
    """Exactly these client scopes are the realm's default or optional ones ("Realm default client scopes").

    Every realm has both lists, so one is always taken over: destroy puts back what was in it. A scope that is not named
    leaves the list, Keycloak's own (`basic`, `roles`, …) too; one that is named leaves the other list. Use
    DefaultClientScope instead to add one scope and leave the rest alone, and never both for one list.
    """

    realm: Annotated[str, NaturalKey]
    kind: Annotated[Literal["default", "optional"], NaturalKey]
    scopes: Annotated[tuple[str, ...], Unordered] = Field(description="All of them, by name.")


_LISTS = {"default": "default-default-client-scopes", "optional": "default-optional-client-scopes"}


class RealmClientScopesCalls(Calls[RealmClientScopes]):
    """The realm's two lists through the Admin API."""

    # A scope moves between two lists, and Keycloak removes it from either whichever one is named.
    _locks: ClassVar[dict[str, threading.Lock]] = {}

    def find(self, key: RealmClientScopes) -> Found[RealmClientScopes] | None:
        """The list, if there is such a realm."""
        members = self._members(key.realm, key.kind)
        if members is None:
            return None
        values: dict[str, Any] = {"realm": key.realm, "kind": key.kind, "scopes": tuple(sorted(members))}
        return Found(key.kind, RealmClientScopes(**values))

    def create(self, spec: RealmClientScopes) -> None:
        """There is nothing to make: it comes with the realm.

        Raises:
            KeycloakError: There is no such realm.
        """
        raise KeycloakError(f"There is no realm {spec.realm}.", "Declare the realm first.")

    def update(self, found: Found[RealmClientScopes], spec: RealmClientScopes) -> None:
        """Add what is missing, out of the other list if it is there, and take out the rest."""
        del found  # the other list may have been changed meanwhile
        session, path = self.context.session(), _LISTS[spec.kind]
        wanted = {name: scope_id(session, spec.realm, name) for name in spec.scopes}
        with self._locks.setdefault(f"{session.url} {spec.realm}", threading.Lock()):
            other = "optional" if spec.kind == "default" else "default"
            elsewhere = self._members(spec.realm, other) or {}
            present = self._members(spec.realm, spec.kind) or {}
            for name in sorted(wanted.keys() - present.keys()):
                if name in elsewhere:
                    session.delete(spec.realm, _LISTS[other], wanted[name])
                session.put(spec.realm, path, wanted[name], body={})
            for name in sorted(present.keys() - wanted.keys()):
                session.delete(spec.realm, path, present[name])

    def delete(self, found: Found[RealmClientScopes]) -> None:
        """It goes with the realm; a list that was imported stays as it is."""

    def _members(self, realm: str, kind: str) -> Mapping[str, str] | None:
        """The ids of the list's scopes by name; None when there is no realm."""
        listed = self.context.session().get(realm, _LISTS[kind])
        return None if listed is None else {item["name"]: item["id"] for item in listed}
