"""The roles of a user, a group or a composite role (Server Administration Guide, "Assigning permissions using roles and groups")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.keycloak.api.session import KeycloakError, Session
from provision.keycloak.objects.client import internal_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from provision.keycloak.api.admin_api import AdminApi

HELD = "role-mappings"
"""The part of a path to the roles that a user or a group has."""
IN_SCOPE = "scope-mappings"
"""The part of a path to the roles that a client or a client scope may put into tokens."""
REALM = ""
"""The owner's name for realm roles; the owner of a client role is its client."""


@dataclass(frozen=True)
class Roles:
    """Names of roles: of the realm, and of each client."""

    realm: Sequence[str] = ()
    client: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, owner: str) -> set[str]:
        """Return the names of one owner's roles."""
        return set(self.realm if owner == REALM else self.client.get(owner, ()))

    def declared(
        self, names: Collection[str] | None, realm: str, client: str
    ) -> Iterator[tuple[str, set[str]]]:
        """Yield owners and the names of their roles, as far as the fields of those names are declared."""
        if names is None or realm in names:
            yield REALM, self.of(REALM)
        if names is None or client in names:
            yield from ((owner, self.of(owner)) for owner in sorted(self.client))


def role(session: Session, realm: str, name: str, owner: str = REALM) -> dict[str, Any]:
    """Return the representation of a role.

    Raises:
        KeycloakError: There is no such role, or no such client.
    """
    where = ("clients", internal_id(session, realm, owner)) if owner else ()
    found = session.get(realm, *where, "roles", name)
    if found is None:
        kind = f"role {name!r} of client {owner!r}" if owner else f"realm role {name!r}"
        raise KeycloakError(f"There is no {kind} in realm {realm}.", "Declare the role first.")
    return dict(found)


def held(session: AdminApi, realm: str, *holder: str, kind: str = HELD) -> Roles:
    """Return the roles that a user or group has directly, or those in the scope of a client or client scope."""
    found = session.get(realm, *holder, kind) or {}
    return Roles(
        tuple(sorted(item["name"] for item in found.get("realmMappings") or ())),
        {
            client: tuple(sorted(item["name"] for item in mappings["mappings"]))
            for client, mappings in (found.get("clientMappings") or {}).items()
        },
    )


def bring(
    session: Session,
    realm: str,
    holder: tuple[str, ...],
    has: Roles,
    wanted: Iterator[tuple[str, set[str]]],
    *,
    composites: bool = False,
) -> None:
    """Give and take roles until the holder has exactly the wanted roles of each owner in ``wanted``."""
    for owner, names in wanted:
        if names == has.of(owner):
            continue
        path = (*holder, "composites") if composites else _mappings(session, realm, holder, owner)
        if more := [role(session, realm, name, owner) for name in sorted(names - has.of(owner))]:
            session.post(realm, *path, body=more)
        if less := [role(session, realm, name, owner) for name in sorted(has.of(owner) - names)]:
            take(session, realm, *path, roles=less)


def give(
    session: Session, realm: str, holder: tuple[str, ...], name: str, owner: str, *, kind: str = HELD
) -> None:
    """Give one role, or put it into a scope."""
    path = _mappings(session, realm, holder, owner, kind)
    session.post(realm, *path, body=[role(session, realm, name, owner)])


def take(session: Session, realm: str, *path: str, roles: Sequence[Mapping[str, Any]]) -> None:
    """Remove roles from their holder. Keycloak needs a list of them in the body of a DELETE."""
    session.delete(realm, *path, body=list(roles))


def _mappings(
    session: Session, realm: str, holder: tuple[str, ...], owner: str, kind: str = HELD
) -> tuple[str, ...]:
    last = ("clients", internal_id(session, realm, owner)) if owner else ("realm",)
    return (*holder, kind, *last)
