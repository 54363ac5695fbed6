"""The reader of a live realm's roles: the roles that they contain, and the service accounts that hold them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provision._lib.errors import ProvisionError
from provision.keycloak.builtin import POWERFUL_CLIENTS, is_realm_client
from provision.keycloak.objects.group import group_id
from provision.rules.helpers.admin_roles import ADMINISTRATION, Role, administering, among, of_group
from provision.rules.model import Inconclusive, unreadable
from provision.rules.sources.concurrent_reader import VIEW_CLIENTS, VIEW_REALM, VIEW_USERS, Denied, denied
from provision.rules.sources.realm_resources import administrator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from provision.rules.model import Resource
    from provision.rules.sources.concurrent_reader import ConcurrentReader
    from provision.rules.sources.recorded_api import RecordedApi

_MOST: Final = 200
"""The number of client roles that are followed, and of groups whose members are read."""
_PARTS: Final = "composites"


class _ClientRole(NamedTuple):
    """A role by the internal id of its client, and its name."""

    client: str
    name: str

    @property
    def path(self) -> tuple[str, ...]:
        return ("clients", self.client, "roles", self.name)


def store(
    reader: ConcurrentReader, recorded: RecordedApi, roles: Sequence[Mapping[str, Any]], *, clients_read: bool
) -> None:
    """Store the realm's roles with their parts, and the client roles that these or groups lead to.

    Args:
        reader: The reader of the realm.
        recorded: The store; must already have the clients and the groups, if these may be read.
        roles: The realm's roles, as Keycloak lists them.
        clients_read: Whether the clients could be read.
    """
    names = [item["name"] for item in roles if item.get("composite")]
    waiting = {name: reader.get(VIEW_REALM, "roles", name, _PARTS) for name in names}
    found = {name: waits() or () for name, waits in waiting.items()}
    if any(isinstance(items, Denied) for items in found.values()):
        # Keycloak 26.4 lists the roles for every account with an administrative role, without their parts.
        recorded.shut(denied(VIEW_REALM).why, "roles")
        return
    if not clients_read:
        # Keycloak leaves roles of clients out of its answers.
        found = dict.fromkeys(names, denied(VIEW_CLIENTS))
    parts = _store_with_parts(recorded, roles, found)
    _follow(reader, recorded, [item for items in parts.values() for item in items])


def _of_clients(items: Iterable[Mapping[str, Any]], *, composite: bool) -> set[_ClientRole]:
    return {
        _ClientRole(item["containerId"], item["name"])
        for item in items
        if item["clientRole"] and item["composite"] is composite
    }


def _of_groups(reader: ConcurrentReader, recorded: RecordedApi) -> Iterator[_ClientRole]:
    """Yield the client roles that groups give; groups do not show whether these are composite."""
    try:
        ids = {item["clientId"]: item["id"] for item in recorded.get(reader.realm, "clients")}
        groups = [*recorded.all_groups()]
    except ProvisionError:
        return  # the snapshot's unseen kinds already report this
    for group in groups:
        for owner, names in (group.get("clientRoles") or {}).items():
            if owner in ids and owner not in POWERFUL_CLIENTS:
                yield from (_ClientRole(ids[owner], name) for name in names)


def _follow(reader: ConcurrentReader, recorded: RecordedApi, parts: Iterable[Mapping[str, Any]]) -> None:
    """Read the parts of client roles, and their parts in turn, to any depth."""
    found: dict[_ClientRole, Any] = dict.fromkeys(_of_clients(parts, composite=False), ())
    wave = _of_clients(parts, composite=True) | {*_of_groups(reader, recorded)}
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
        _store_of_client(
            recorded, client, {role.name: found[role] for role in found if role.client == client}
        )


def _store_of_client(recorded: RecordedApi, client: str, roles: Mapping[str, Any]) -> None:
    listed = [{"name": name, "composite": bool(items)} for name, items in sorted(roles.items())]
    _store_with_parts(recorded, listed, roles, "clients", client)


def _store_with_parts(
    recorded: RecordedApi, roles: Sequence[Mapping[str, Any]], found: Mapping[str, Any], *where: str
) -> dict[str, Any]:
    """Store roles with their parts, or with the reason why these cannot be seen; return the parts by role."""
    read = {name: items for name, items in found.items() if not isinstance(items, Denied)}
    recorded.store_roles(roles, read, *where)
    for name, items in found.items():
        if isinstance(items, Denied):
            recorded.shut(items.why, *where, "roles", name, _PARTS)
    return read


def with_members(
    reader: ConcurrentReader, recorded: RecordedApi, resources: Sequence[Resource]
) -> tuple[Resource, ...]:
    """Return the resources, with the member service accounts added to groups that administer.

    Args:
        reader: The reader of the realm.
        recorded: The parts of the realm read so far.
        resources: The objects of the realm.
    """
    groups = {resource.get("path"): resource for resource in resources if resource.kind == "Group"}
    made_of = among(resources)
    powerful = [path for path, group in groups.items() if _administers(group, groups.get, made_of)]
    found = _members_of(reader, recorded, powerful[:_MOST])
    try:
        accounts = _Accounts(reader, recorded) if powerful else None
    except ProvisionError as error:
        members: dict[str, Any] = dict.fromkeys(powerful, unreadable(error.what))
    else:
        members = {path: _among_them(accounts, users) for path, users in found.items()}
    told = [
        replace(
            resource, properties={**resource.properties, "serviceAccounts": members[resource.get("path")]}
        )
        if resource.kind == "Group" and resource.get("path") in members
        else resource
        for resource in resources
    ]
    return (*told, *_administrators(reader.realm, recorded, found, made_of))


def _members_of(reader: ConcurrentReader, recorded: RecordedApi, paths: Iterable[str]) -> dict[str, Any]:
    ids = {path: group_id(recorded, reader.realm, path) for path in paths}
    waiting = {path: reader.list(VIEW_USERS, "groups", id_, "members") for path, id_ in ids.items()}
    return {path: waits() for path, waits in waiting.items()}


def _administrators(
    realm: str,
    recorded: RecordedApi,
    members: Mapping[str, Any],
    made_of: Callable[[Any], Resource | None],
) -> Iterator[Resource]:
    """Yield the people who have an administrative role or are in a group that has one, as far as it administers."""
    held: dict[str, dict[str, Any]] = {}

    def of(name: str) -> dict[str, Any]:
        return held.setdefault(name, {"realmRoles": [], "clientRoles": {}, "groups": []})

    for (owner, role), names in recorded.people.items():
        if owner:
            for name in names:
                of(name)["clientRoles"].setdefault(owner, []).append(role)
        elif role != recorded.default_role(recorded.name) and _leads_to_administration(
            Role("", role), made_of
        ):
            for name in names:
                of(name)["realmRoles"].append(role)
    accounts = recorded.accounts
    for path, users in members.items():
        for user in () if isinstance(users, Denied) else users:
            if user["id"] not in accounts:
                of(user["username"])["groups"].append(path)
    yield from (administrator(realm, name, roles) for name, roles in sorted(held.items()))


def _leads_to_administration(role: Role, made_of: Callable[[Any], Resource | None]) -> bool:
    """Return whether a role administers, or may do so as far as can be seen."""
    try:
        return any(administering([role], made_of, ADMINISTRATION))
    except Inconclusive:
        return True


def _administers(
    group: Resource, at: Callable[[str], Resource | None], made_of: Callable[[Any], Resource | None]
) -> bool:
    """Return whether a group administers, or may do so as far as can be seen."""
    try:
        return any(administering(of_group(group, at), made_of, ADMINISTRATION))
    except Inconclusive:
        return True


def _among_them(accounts: _Accounts | None, users: Any) -> Any:
    if isinstance(users, Denied):
        return unreadable(users.why)
    found = [accounts.client_of(user) for user in users] if accounts is not None else []
    return sorted(client for client in found if client is not None)


class _Accounts:
    """The clients of service accounts, by user.

    An account has the name that Keycloak gives it, unless an import made it. So of a user with another name each client
    is asked for its account, once.

    Args:
        reader: The reader of the realm.
        recorded: The store; must already have the clients.

    Raises:
        ProvisionError: The clients were not read.
    """

    def __init__(self, reader: ConcurrentReader, recorded: RecordedApi) -> None:
        self._reader = reader
        self._recorded = recorded
        self._clients = {
            item["clientId"]: item["id"]
            for item in recorded.get(reader.realm, "clients")
            if item.get("serviceAccountsEnabled")
        }
        self._named = {f"service-account-{client_id}".lower(): client_id for client_id in self._clients}
        self._asked = False

    def __bool__(self) -> bool:
        """Return whether there is any account."""
        return bool(self._clients)

    def client_of(self, user: Mapping[str, Any]) -> str | None:
        """Return the client whose service account a user is, or None for a person."""
        found = self._named.get(user["username"])
        if found is None and not self._asked:
            self._asked = True
            self._ask()
        if found is None:
            found = self._recorded.accounts.get(user["id"])
        else:
            self._recorded.accounts[user["id"]] = found
        return found

    def _ask(self) -> None:
        asked = islice(self._clients.items(), _MOST)
        waiting = {
            client_id: self._reader.get(VIEW_CLIENTS, "clients", id_, "service-account-user")
            for client_id, id_ in asked
        }
        for client_id, waits in waiting.items():
            user = waits()
            if user and not isinstance(user, Denied):
                self._recorded.accounts[user["id"]] = client_id


def read_service_accounts(reader: ConcurrentReader, recorded: RecordedApi) -> None:
    """Store the roles of service accounts, read role by role: Keycloak lists roles only for one account at a time.

    Args:
        reader: The reader of the realm.
        recorded: The store; must already have the clients and the realm's roles, if these may be read.
    """
    try:
        accounts = _Accounts(reader, recorded)
        usual = recorded.default_role(recorded.name)
        names = [item["name"] for item in recorded.get(reader.realm, "roles") if item["name"] != usual]
        asked = [*_administration(reader, recorded), *(("", ("roles", name)) for name in names)]
    except ProvisionError as error:
        recorded.unread["ServiceAccountRole"] = error.what
        return
    waiting = [(owner, path[-1], reader.list(VIEW_USERS, *path, "users")) for owner, path in asked]
    given: dict[str, list[tuple[str, str]]] = {}
    for owner, role, waits in waiting:
        holders = waits()
        if isinstance(holders, Denied):
            recorded.unread["ServiceAccountRole"] = denied(VIEW_USERS).why
            return
        for user in holders:
            if (client_id := accounts.client_of(user)) is not None:
                given.setdefault(client_id, []).append((owner, role))
            else:
                recorded.people.setdefault((owner, role), []).append(user["username"])
    recorded.store_service_accounts(given)


def _administration(reader: ConcurrentReader, recorded: RecordedApi) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the roles that administer realms, each with its client and its path."""
    for item in recorded.get(reader.realm, "clients"):
        owner = item["clientId"]
        if owner in POWERFUL_CLIENTS or is_realm_client(reader.realm, owner):
            where = ("clients", item["id"], "roles")
            roles = reader.list(VIEW_CLIENTS, *where)()
            if isinstance(roles, Denied):
                raise ProvisionError(roles.why)
            yield from ((owner, (*where, role["name"])) for role in roles)
