"""The roles of a live realm: what they contain, and which service accounts have those that administer."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from provision._lib.errors import ProvisionError
from provision.keycloak.builtin import POWERFUL_CLIENTS, is_realm_client
from provision.keycloak.objects.group import group_id
from provision.rules.administration import ADMINISTRATION, administering, among, of_group
from provision.rules.reader import VIEW_CLIENTS, VIEW_REALM, VIEW_USERS, Denied, denied
from provision.rules.thing import UndecidedError, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from provision.keycloak.api.session import Session
    from provision.rules.reader import Reader
    from provision.rules.realm_tree import RealmTree
    from provision.rules.thing import Thing

_MOST: Final = 200
"""How many roles of clients are followed, and of how many groups the members are read."""
_PARTS: Final = "composites"


class _ClientRole(NamedTuple):
    """A role by the internal id of its client, and its name."""

    client: str
    name: str

    @property
    def path(self) -> tuple[str, ...]:
        return ("clients", self.client, "roles", self.name)


def store(reader: Reader, tree: RealmTree, roles: Sequence[Mapping[str, Any]], *, told_clients: bool) -> None:
    """The realm's roles with those that they contain, and the roles of clients to which they or groups lead.

    Args:
        reader: Asks Keycloak.
        tree: Where they go; must have the clients and the groups, if these may be read.
        roles: The realm's roles, as Keycloak lists them.
        told_clients: Whether the clients could be read.
    """
    names = [item["name"] for item in roles if item.get("composite")]
    waiting = {name: reader.get(VIEW_REALM, "roles", name, _PARTS) for name in names}
    found = {name: waits() or () for name, waits in waiting.items()}
    if any(isinstance(items, Denied) for items in found.values()):
        # Keycloak 26.4 lists the roles for whoever has any role of the administration, and tells no more of them.
        tree.shut(denied(VIEW_REALM).why, "roles")
        return
    if not told_clients:
        # Keycloak leaves the roles of clients out of what it tells.
        found = dict.fromkeys(names, denied(VIEW_CLIENTS))
    parts = _store_with_parts(tree, roles, found)
    _follow(reader, tree, [item for items in parts.values() for item in items])


def _of_clients(items: Iterable[Mapping[str, Any]], *, composite: bool) -> set[_ClientRole]:
    return {
        _ClientRole(item["containerId"], item["name"])
        for item in items
        if item["clientRole"] and item["composite"] is composite
    }


def _of_groups(reader: Reader, tree: RealmTree) -> Iterator[_ClientRole]:
    """Those that groups give, of which it is not told whether they contain others."""
    try:
        ids = {item["clientId"]: item["id"] for item in tree.get(reader.realm, "clients")}
        groups = [*tree.all_groups()]
    except ProvisionError:
        return  # the kinds that can't be seen tell of it
    for group in groups:
        for owner, names in (group.get("clientRoles") or {}).items():
            if owner in ids and owner not in POWERFUL_CLIENTS:
                yield from (_ClientRole(ids[owner], name) for name in names)


def _follow(reader: Reader, tree: RealmTree, parts: Iterable[Mapping[str, Any]]) -> None:
    """Read what roles of clients contain, and what these contain, as deep as it goes."""
    found: dict[_ClientRole, Any] = dict.fromkeys(_of_clients(parts, composite=False), ())
    wave = _of_clients(parts, composite=True) | {*_of_groups(reader, tree)}
    count = 0
    while wave := wave - found.keys():
        asked = [*islice(sorted(wave), _MOST - count)]
        count += len(asked)
        waiting = {role: reader.get(VIEW_CLIENTS, *role.path, _PARTS) for role in asked}
        found |= dict.fromkeys(wave, Denied(f"only {_MOST} roles of clients are followed"))
        answers = {role: waits() or () for role, waits in waiting.items()}
        found |= answers
        inner = [item for items in answers.values() if not isinstance(items, Denied) for item in items]
        found |= dict.fromkeys(_of_clients(inner, composite=False) - found.keys(), ())
        wave = _of_clients(inner, composite=True)
    for client in {role.client for role in found}:
        _store_of_client(tree, client, {role.name: found[role] for role in found if role.client == client})


def _store_of_client(tree: RealmTree, client: str, roles: Mapping[str, Any]) -> None:
    listed = [{"name": name, "composite": bool(items)} for name, items in sorted(roles.items())]
    _store_with_parts(tree, listed, roles, "clients", client)


def _store_with_parts(
    tree: RealmTree, roles: Sequence[Mapping[str, Any]], found: Mapping[str, Any], *where: str
) -> dict[str, Any]:
    """Roles with what they contain, or with the reason why that can't be seen; what could be read, by their names."""
    read = {name: items for name, items in found.items() if not isinstance(items, Denied)}
    tree.store_roles(roles, read, *where)
    for name, items in found.items():
        if isinstance(items, Denied):
            tree.shut(items.why, *where, "roles", name, _PARTS)
    return read


def with_members(reader: Reader, tree: RealmTree, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """The things, with the service accounts that are members of the groups that administer.

    Args:
        reader: Asks Keycloak.
        tree: What was read of the realm.
        things: The objects of the realm.
    """
    groups = {thing.get("path"): thing for thing in things if thing.kind == "Group"}
    made_of = among(things)
    powerful = [path for path, group in groups.items() if _administers(group, groups.get, made_of)]
    try:
        accounts = _accounts(reader, tree) if powerful else {}
    except ProvisionError as error:
        members: dict[str, Any] = dict.fromkeys(powerful, unreadable(error.what))
    else:
        members = _members_of(reader, tree, accounts, powerful[:_MOST])
    return tuple(
        replace(thing, properties={**thing.properties, "serviceAccounts": members[thing.get("path")]})
        if thing.kind == "Group" and thing.get("path") in members
        else thing
        for thing in things
    )


def _members_of(
    reader: Reader, tree: RealmTree, accounts: Mapping[str, str], paths: Iterable[str]
) -> dict[str, Any]:
    ids = {path: group_id(cast("Session", tree), reader.realm, path) for path in paths}
    waiting = {path: reader.list(VIEW_USERS, "groups", id_, "members") for path, id_ in ids.items()}
    return {path: _among_them(accounts, waits()) for path, waits in waiting.items()}


def _administers(
    group: Thing, at: Callable[[str], Thing | None], made_of: Callable[[Any], Thing | None]
) -> bool:
    """Whether it may: of what can't be seen, the members are of interest too."""
    try:
        return any(administering(of_group(group, at), made_of, ADMINISTRATION))
    except UndecidedError:
        return True


def _among_them(accounts: Mapping[str, str], users: Any) -> Any:
    if isinstance(users, Denied):
        return unreadable(users.why)
    return sorted(accounts[user["username"]] for user in users if user["username"] in accounts)


def _accounts(reader: Reader, tree: RealmTree) -> dict[str, str]:
    """The clients with service accounts by the names of these."""
    return {
        f"service-account-{item['clientId']}".lower(): item["clientId"]
        for item in tree.get(reader.realm, "clients")
        if item.get("serviceAccountsEnabled")
    }


def read_service_accounts(reader: Reader, tree: RealmTree) -> None:
    """Who holds each role of the administration and of the realm: Keycloak tells the roles of one account at a time.

    Args:
        reader: Asks Keycloak.
        tree: Where it goes; must have the clients and the realm's roles, if these may be read.
    """
    try:
        accounts = _accounts(reader, tree)
        asked = [*_administration(reader, tree)] if accounts else []
        asked += [("", ("roles", item["name"])) for item in tree.get(reader.realm, "roles") if accounts]
    except ProvisionError as error:
        tree.unread["ServiceAccountRole"] = error.what
        return
    waiting = [(owner, path[-1], reader.list(VIEW_USERS, *path, "users")) for owner, path in asked]
    given: dict[str, list[tuple[str, str]]] = {}
    for owner, role, waits in waiting:
        holders = waits()
        if isinstance(holders, Denied):
            tree.unread["ServiceAccountRole"] = denied(VIEW_USERS).why
            return
        for user in holders:
            if (client_id := accounts.get(user["username"])) is not None:
                given.setdefault(client_id, []).append((owner, role))
    tree.store_service_accounts(given)


def _administration(reader: Reader, tree: RealmTree) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The roles that administer realms: each with the client that has it and its path."""
    for item in tree.get(reader.realm, "clients"):
        owner = item["clientId"]
        if owner in POWERFUL_CLIENTS or is_realm_client(reader.realm, owner):
            where = ("clients", item["id"], "roles")
            roles = reader.list(VIEW_CLIENTS, *where)()
            if isinstance(roles, Denied):
                raise ProvisionError(roles.why)
            yield from ((owner, (*where, role["name"])) for role in roles)
