"""A live realm as rules look at it, read in few requests: every collection is listed once, whatever its size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from provision.errors import ProvisionError
from provision.keycloak.session import ForbiddenError
from provision.rules import realm_things
from provision.rules.realm_tree import PROVIDERS, RealmTree
from provision.rules.rule import Landscape
from provision.rules.thing import Thing, unreadable
from provision.urls import host, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from provision.keycloak.session import Session
    from provision.rules.rule import Profile

_READERS: Final = 8
_REALM, _CLIENTS, _USERS, _PROVIDERS = "view-realm", "view-clients", "view-users", "view-identity-providers"
READ_ONLY_ROLES: Final = (_REALM, _CLIENTS, _USERS, _PROVIDERS)
"""The roles of ``realm-management`` with which nothing that an audit looks at is out of sight, but the version."""
_POWERFUL: Final = {"broker", "realm-management"}
"""Clients whose roles open the realm, or the tokens of its identity providers."""
_NOT_READ: Final = {
    "ClientRole": "roles of clients are not read: Keycloak lists them client by client",
    "User": "people are not read: they are data, not configuration",
}
_DOCUMENTS: Final[Mapping[tuple[str, ...], str]] = {
    ("default-default-client-scopes",): _CLIENTS,
    ("default-optional-client-scopes",): _CLIENTS,
    ("clients-initial-access",): _CLIENTS,
    ("components",): _REALM,
    ("keys",): _REALM,
    ("client-policies", "policies"): _REALM,
    ("client-policies", "profiles"): _REALM,
    ("users", "profile"): _REALM,
}
"""What is read as it stands, and the role that it needs."""
OF_A_STACK: Final = ("Container", "KeycloakServer", "McpServer", "Stack")
"""The kinds that no realm tells of."""


@dataclass(frozen=True)
class _Denied:
    """What the service account may not read."""

    why: str


class _Reader:
    """Reads parts of one realm at the same time; what is denied is an answer too.

    Args:
        session: The Admin API.
        realm: The realm.
        pool: Who asks.
    """

    def __init__(self, session: Session, realm: str, pool: ThreadPoolExecutor) -> None:
        self.session = session
        self.realm = realm
        self.pool = pool

    def get(self, role: str, *path: str, **query: str) -> Callable[[], Any]:
        """Begin to read a document; gives what waits for it."""
        return self._begin(role, partial(self.session.get, self.realm, *path, **query))

    def list(self, role: str, *path: str, **query: str) -> Callable[[], Any]:
        """Begin to read a collection, page by page; gives what waits for it."""
        return self._begin(role, lambda: [*self.session.list(self.realm, *path, **query)])

    def _begin(self, role: str, read: Callable[[], Any]) -> Callable[[], Any]:
        def tried() -> Any:
            try:
                return read()
            except ForbiddenError:
                return denied(role)

        return self.pool.submit(tried).result


def denied(role: str) -> _Denied:
    """What may not be read.

    Args:
        role: The role of ``realm-management`` that would let it.
    """
    return _Denied(f"the service account lacks the role {role}")


def landscape(session: Session, realm: str, profile: Profile) -> Landscape:
    """The whole realm, and what can be told of its Keycloak from outside.

    Args:
        session: The Admin API.
        realm: The realm.
        profile: What it is for.

    Raises:
        ProvisionError: There is no such realm, or Keycloak does not answer.
    """
    with ThreadPoolExecutor(_READERS) as pool:
        reader = _Reader(session, realm, pool)
        version = pool.submit(_version, session)
        administrators = _temporary_administrators(reader)
        tree = _tree(reader)
        things, unseen = realm_things.read(tree)
        things = (*things, *realm_things.temporary_administrators(realm, administrators()))
        server = _server(session.url, version.result())
    absent = {kind: "no realm tells of it; audit the stack" for kind in OF_A_STACK if kind != server.kind}
    return Landscape((server, *things), profile, unseen={**unseen, **absent})


def _temporary_administrators(reader: _Reader) -> Callable[[], Sequence[Mapping[str, Any]]]:
    """Begin to look for the people that Keycloak was started with, who are in the realm of the administrators only."""
    if reader.realm != "master":
        return list
    marked = f"{realm_things.TEMPORARY_MARK}:true"
    waits = reader.list(_USERS, "users", q=marked, briefRepresentation="false")
    return lambda: () if isinstance(found := waits(), _Denied) else found


def _tree(reader: _Reader) -> RealmTree:
    """Ask for everything at once, then for what the answers name."""
    realm = reader.get(_REALM)
    documents = {path: reader.get(role, *path) for path, role in _DOCUMENTS.items()}
    clients = reader.list(_CLIENTS, "clients")
    scopes = reader.get(_CLIENTS, "client-scopes")
    roles = reader.list(_REALM, "roles", briefRepresentation="false")
    groups = reader.list(_USERS, "groups", briefRepresentation="false")
    providers = reader.get(_PROVIDERS, *PROVIDERS)
    tree = _root(reader, realm())
    for path, waits in documents.items():
        _take(tree, waits(), path, partial(_store, tree, path))
    told = _take(tree, clients() or denied(_CLIENTS), ("clients",), tree.store_clients)
    # Who may only query clients is told none, nor any scope; and there is no realm without clients.
    _take(
        tree,
        scopes() if told else denied(_CLIENTS),
        ("client-scopes",),
        tree.store_scopes,
    )
    _take(tree, roles(), ("roles",), partial(_store_roles, reader, tree))
    _take(tree, groups(), ("groups",), partial(_store_groups, reader, tree))
    _take(tree, providers(), PROVIDERS, partial(_store_providers, reader, tree))
    _read_service_accounts(reader, tree)
    return tree


def _take(tree: RealmTree, found: Any, path: tuple[str, ...], store: Callable[[Any], None]) -> bool:
    """Store what was read, or that it was denied; whether it was read."""
    if isinstance(found, _Denied):
        tree.shut(found.why, *path)
        return False
    store(found)
    return True


def _store(tree: RealmTree, path: tuple[str, ...], found: Any) -> None:
    tree.store(found, *path)


def _root(reader: _Reader, found: Any) -> RealmTree:
    """The realm itself; Keycloak tells an account without the role little more than the realm's name.

    Raises:
        ProvisionError: There is no such realm.
    """
    if found is None:
        raise ProvisionError(
            f"There is no realm {reader.realm!r} at {reader.session.url}, or the service account may not see it.",
            "Names of realms are case-sensitive; docs/least-privilege.md has the roles that an audit needs.",
        )
    if not isinstance(found, _Denied) and "id" not in found:
        found = denied(_REALM)
    known = {} if isinstance(found, _Denied) else found
    tree = RealmTree(reader.session.url, reader.realm, known.get("id", reader.realm))
    tree.unread |= _NOT_READ
    if isinstance(found, _Denied):
        tree.unread["Realm"] = found.why
    else:
        tree.store(found)
    return tree


def _store_roles(reader: _Reader, tree: RealmTree, roles: Sequence[Mapping[str, Any]]) -> None:
    names = [item["name"] for item in roles if item.get("composite")]
    waiting = {name: reader.get(_REALM, "roles", name, "composites") for name in names}
    found = {name: waits() for name, waits in waiting.items()}
    tree.store_roles(roles, {name: parts for name, parts in found.items() if not isinstance(parts, _Denied)})


def _store_providers(reader: _Reader, tree: RealmTree, providers: Sequence[Mapping[str, Any]]) -> None:
    waiting = {
        item["alias"]: reader.get(_PROVIDERS, *PROVIDERS, item["alias"], "mappers") for item in providers
    }
    tree.store_identity_providers(providers, {alias: waits() or () for alias, waits in waiting.items()})


def _store_groups(reader: _Reader, tree: RealmTree, groups: Sequence[Mapping[str, Any]]) -> None:
    tree.store_groups(_with_subgroups(reader, groups))


def _with_subgroups(reader: _Reader, groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Groups with those below them, level by level."""
    waiting = [
        reader.list(_USERS, "groups", item["id"], "children", briefRepresentation="false")
        if item.get("subGroupCount")
        else list
        for item in groups
    ]
    return [
        {**item, "subGroups": _with_subgroups(reader, waits())}
        for item, waits in zip(groups, waiting, strict=True)
    ]


def _read_service_accounts(reader: _Reader, tree: RealmTree) -> None:
    """Who holds each role of the administration and of the realm: Keycloak tells the roles of one account at a time."""
    try:
        accounts = {
            f"service-account-{item['clientId']}".lower(): item["clientId"]
            for item in tree.get(reader.realm, "clients")
            if item.get("serviceAccountsEnabled")
        }
        asked = [*_administration(reader, tree)] if accounts else []
        asked += [("", ("roles", item["name"])) for item in tree.get(reader.realm, "roles") if accounts]
    except ProvisionError as error:
        tree.unread["ServiceAccountRole"] = error.what
        return
    waiting = [(owner, path[-1], reader.list(_USERS, *path, "users")) for owner, path in asked]
    given: dict[str, list[tuple[str, str]]] = {}
    for owner, role, waits in waiting:
        holders = waits()
        if isinstance(holders, _Denied):
            tree.unread["ServiceAccountRole"] = denied(_USERS).why
            return
        for user in holders:
            if (client_id := accounts.get(user["username"])) is not None:
                given.setdefault(client_id, []).append((owner, role))
    tree.store_service_accounts(given)


def _administration(reader: _Reader, tree: RealmTree) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The roles that administer realms: each with the client that has it and its path."""
    for item in tree.get(reader.realm, "clients"):
        owner = item["clientId"]
        if owner in _POWERFUL or (reader.realm == "master" and owner.endswith("-realm")):
            where = ("clients", item["id"], "roles")
            roles = reader.list(_CLIENTS, *where)()
            if isinstance(roles, _Denied):
                raise ProvisionError(roles.why)
            yield from ((owner, (*where, role["name"])) for role in roles)


def _version(session: Session) -> str | None:
    """Keycloak's version; None where it does not tell this service account."""
    try:
        info = session.server_info() or {}
    except ForbiddenError:
        return None
    version = (info.get("systemInfo") or {}).get("version")
    return str(version) if version else None


def _server(url: str, version: str | None) -> Thing:
    """What an address and an answer tell of a Keycloak."""
    scheme = url.partition(":")[0].lower()
    return Thing(
        "KeycloakServer",
        f"Keycloak at {url}",
        {
            "url": url,
            "https": scheme == "https",
            "http": scheme == "http",
            "loopback": unreadable("whether it listens elsewhere too can't be seen from here")
            if is_loopback(host(url))
            else False,
            "version": version or unreadable("Keycloak tells it only to accounts that may manage the realm"),
        },
        whole=False,
    )
