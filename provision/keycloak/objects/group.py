"""Groups (Keycloak Server Administration Guide, "Groups")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from provision._lib.urls import segment
from provision.core.spec import NaturalKey, Refers, Spec, Unordered
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.bases.collection import CollectionHandler
from provision.keycloak.bases.multivalued_fields import COLUMN, KeyedLists, ShortKeyedLists, in_order, merged
from provision.keycloak.bases.representation import Outside, RealmName
from provision.keycloak.bases.role_mappings import Roles, bring, role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from provision.core.handler import Observed
    from provision.core.spec import Outputs
    from provision.keycloak.api.admin_api import AdminApi
    from provision.keycloak.realm_listing import RealmListing


_SLASH = re.compile("(~*)/")
_LAST_TILDES = re.compile(r"(~+)\Z")


def _addressable(path: str) -> str:
    """Return a path whose names Keycloak can be asked for."""
    if not path.startswith("/") or not all(map(str.strip, _names(path))):
        raise ValueError("must begin with a slash, and have a name after each slash, such as /top/sub")
    for name in _names(path):
        if len(segment(name)) > COLUMN:
            raise ValueError(f"a name in it is too long: it may have {COLUMN} characters")
    return path


class Group(Spec, module="keycloak", group="Roles, groups and users", rank=4):
    """A group of users (Server Administration Guide, "Groups"); Keycloak deletes a group's subgroups with the group."""

    realm: RealmName
    path: Annotated[
        str,
        NaturalKey,
        Outside,
        AfterValidator(_addressable),
    ] = Field(
        description="`/top/sub`; a slash inside a name is written `~/`, and each `~` before a slash `~~`. The group above must "
        "exist.",
    )
    attributes: ShortKeyedLists = Field(
        default={}, description="Each key is declared apart; others stay as they are."
    )
    realm_roles: Annotated[tuple[str, ...], Unordered, Refers("RealmRole")] = Field(
        default=(), description="Names of realm roles that every member has."
    )
    client_roles: Annotated[KeyedLists, Refers("ClientRole")] = Field(
        default={}, description="Client roles that every member has: names by client id."
    )

    def references(self) -> Iterator[tuple[str, ...]]:
        """Yield the usual references, and the group above."""
        yield from super().references()
        if above := _names(self.path)[:-1]:
            yield "Group", _joined(above)


class GroupHandler(CollectionHandler[Group]):
    """The handler of groups through the Admin API."""

    rejects_duplicates = True

    def collection(self, spec: Group) -> tuple[str, ...]:
        """Return the path of the realm's groups."""
        del spec
        return ("groups",)

    def discover(self, listing: RealmListing) -> Iterator[Group]:
        """Yield all groups, from the top down."""
        yield from self._below(listing.session, listing.realm, [], "groups")

    def _below(self, session: AdminApi, realm: str, above: list[str], *path: str) -> Iterator[Group]:
        for item in session.list(realm, *path):
            here = [*above, item["name"]]
            yield self.key(realm=realm, path=_joined(here))
            if item.get("subGroupCount"):
                yield from self._below(session, realm, here, "groups", item["id"], "children")

    def look_up(self, key: Group) -> Mapping[str, Any] | None:
        """Return the group by one query for its path, or None."""
        return group_at(self.session, key.realm, _names(key.path))

    def from_json(self, key: Group, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields with sorted lists: Keycloak keeps no order in its lists."""
        lists = {"attributes": raw.get("attributes") or {}, "client_roles": raw.get("clientRoles") or {}}
        return super().from_json(key, raw) | {name: in_order(value) for name, value in lists.items()}

    def to_json(self, spec: Group, raw: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
        """Return the representation without the roles, which calls of their own give."""
        body = super().to_json(spec, raw, names)
        body["name"] = _names(spec.path)[-1]
        if names is None or "attributes" in names:
            body["attributes"] = merged(raw.get("attributes") or {}, spec.attributes)
        return {key: value for key, value in body.items() if key not in {"realmRoles", "clientRoles"}}

    def create(self, spec: Group) -> Outputs | None:
        """Make the group below the group that its path names, then give the roles, which must exist."""
        session, wanted = self.session, Roles(spec.realm_roles, spec.client_roles)
        for owner, names in wanted.declared(None, "", ""):
            for name in sorted(names):
                role(session, spec.realm, name, owner)
        where: tuple[str, ...] = self.collection(spec)
        if above := _names(spec.path)[:-1]:
            where = (*where, group_id(session, spec.realm, _joined(above)), "children")
        made = session.post(spec.realm, *where, body=self.to_json(spec, {}, None))
        self.note_made()
        bring(session, spec.realm, ("groups", made), Roles(), wanted.declared(None, "", ""))
        return None

    def update(self, found: Observed[Group], spec: Group) -> Outputs | None:
        """Change the group and its roles."""
        super().update(found, spec)
        bring(
            self.session,
            spec.realm,
            ("groups", found.id),
            Roles(found.spec.realm_roles, found.spec.client_roles),
            Roles(spec.realm_roles, spec.client_roles).declared(
                spec.model_fields_set, "realm_roles", "client_roles"
            ),
        )
        return None


def group_at(session: AdminApi, realm: str, names: list[str]) -> dict[str, Any] | None:
    """Return the representation of the group below the groups of those names, or None."""
    found = session.get(realm, "group-by-path", *names)
    if found and _chain(session, realm, found) == names:
        return dict(found)
    if found is None and not any("/" in name for name in names):
        return None
    # Keycloak does not tell a slash in a name from one between two names.
    return _from_the_top(session, realm, names)


def _from_the_top(session: AdminApi, realm: str, names: list[str]) -> dict[str, Any] | None:
    where: tuple[str, ...] = ("groups",)
    for name in names:
        here = next((item for item in session.list(realm, *where) if item["name"] == name), None)
        if here is None:
            return None
        where = ("groups", here["id"], "children")
    found = session.get(realm, *where[:2])
    return dict(found) if found else None


def group_id(session: AdminApi, realm: str, path: str) -> str:
    """Return the id of the group at that path.

    Raises:
        KeycloakError: There is no such group.
    """
    found = group_at(session, realm, _names(path))
    if found is None:
        raise KeycloakError(f"There is no group {path!r} in realm {realm}.", "Declare the group first.")
    return str(found["id"])


def path_of(session: AdminApi, realm: str, raw: Mapping[str, Any]) -> str:
    """Return the path of a group in our form; Keycloak's own form does not mark a slash in a name."""
    return _joined(_chain(session, realm, raw))


def _chain(session: AdminApi, realm: str, raw: Mapping[str, Any]) -> list[str]:
    """Return the names of a group and of the groups above it, from the top."""
    names, group = [str(raw["name"])], raw
    while parent := group.get("parentId"):
        group = session.get(realm, "groups", parent) or {"name": ""}  # gone meanwhile
        names.insert(0, str(group["name"]))
    return names


def _names(path: str) -> list[str]:
    """Return the names in a path: before a slash, each pair of tildes is one, and one left over makes it part of a name."""
    names, name, done = list[str](), "", 0
    for match in _SLASH.finditer(path):
        tildes, escapes = divmod(len(match[1]), 2)
        name += path[done : match.start()] + "~" * tildes
        done = match.end()
        if escapes:
            name += "/"
        else:
            names.append(name)
            name = ""
    return [*names, name + path[done:]][1:]


def _joined(names: list[str]) -> str:
    path = ""
    for name in names:
        path = _LAST_TILDES.sub(r"\1\1", path) + "/" + _SLASH.sub(r"\1\1~/", name)
    return path
