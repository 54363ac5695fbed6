"""A live realm as rules look at it, read in few requests: every collection is listed once, whatever its size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from provision._lib.errors import ProvisionError
from provision._lib.urls import host, is_loopback
from provision.keycloak.api.session import ForbiddenError
from provision.rules import live_roles, realm_things
from provision.rules.reader import (
    VIEW_CLIENTS,
    VIEW_PROVIDERS,
    VIEW_REALM,
    VIEW_USERS,
    Denied,
    Reader,
    denied,
)
from provision.rules.realm_tree import PROVIDERS, RealmTree
from provision.rules.rule import Landscape
from provision.rules.thing import Thing, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provision.keycloak.api.session import Session
    from provision.rules.rule import Profile

_READERS: Final = 8
READ_ONLY_ROLES: Final = (VIEW_REALM, VIEW_CLIENTS, VIEW_USERS, VIEW_PROVIDERS)
"""The roles of ``realm-management`` with which nothing that an audit looks at is out of sight, but the version."""
_NOT_READ: Final = {
    "ClientRole": "roles of clients are read only where others lead to them: Keycloak lists them client by client",
    "User": "people are not read: they are data, not configuration",
}
_DOCUMENTS: Final[Mapping[tuple[str, ...], str]] = {
    ("default-default-client-scopes",): VIEW_CLIENTS,
    ("default-optional-client-scopes",): VIEW_CLIENTS,
    ("clients-initial-access",): VIEW_CLIENTS,
    ("components",): VIEW_REALM,
    ("default-groups",): VIEW_REALM,
    ("keys",): VIEW_REALM,
    ("client-policies", "policies"): VIEW_REALM,
    ("client-policies", "profiles"): VIEW_REALM,
    ("users", "profile"): VIEW_REALM,
}
"""What is read as it stands, and the role that it needs."""
OF_A_STACK: Final = ("Container", "KeycloakServer", "McpServer", "Resource", "Stack")
"""The kinds that no realm tells of."""


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
        reader = Reader(session, realm, pool)
        version = pool.submit(_version, session)
        administrators = _temporary_administrators(reader)
        tree = _tree(reader)
        things, unseen = realm_things.read(tree)
        things = live_roles.with_members(reader, tree, things)
        things = (*things, *realm_things.temporary_administrators(realm, administrators()))
        server = _server(session.url, version.result())
    absent = {kind: "no realm tells of it; audit the stack" for kind in OF_A_STACK if kind != server.kind}
    return Landscape((server, *things), profile, unseen={**unseen, **absent})


def _temporary_administrators(reader: Reader) -> Callable[[], Sequence[Mapping[str, Any]]]:
    """Begin to look for the people that Keycloak was started with, who are in the realm of the administrators only."""
    if reader.realm != "master":
        return list
    marked = f"{realm_things.TEMPORARY_MARK}:true"
    waits = reader.list(VIEW_USERS, "users", q=marked, briefRepresentation="false")
    return lambda: () if isinstance(found := waits(), Denied) else found


def _tree(reader: Reader) -> RealmTree:
    """Ask for everything at once, then for what the answers name."""
    realm = reader.get(VIEW_REALM)
    documents = {path: reader.get(role, *path) for path, role in _DOCUMENTS.items()}
    clients = reader.list(VIEW_CLIENTS, "clients")
    scopes = reader.get(VIEW_CLIENTS, "client-scopes")
    roles = reader.list(VIEW_REALM, "roles", briefRepresentation="false")
    groups = reader.list(VIEW_USERS, "groups", briefRepresentation="false")
    providers = reader.get(VIEW_PROVIDERS, *PROVIDERS)
    tree = _root(reader, realm())
    for path, waits in documents.items():
        _take(tree, waits(), path, partial(_store, tree, path))
    told = _take(tree, clients() or denied(VIEW_CLIENTS), ("clients",), tree.store_clients)
    # Who may only query clients is told none, nor any scope; and there is no realm without clients.
    _take(
        tree,
        scopes() if told else denied(VIEW_CLIENTS),
        ("client-scopes",),
        tree.store_scopes,
    )
    _take(tree, groups() or _no_groups(reader), ("groups",), partial(_store_groups, reader, tree))
    _take(tree, roles(), ("roles",), partial(live_roles.store, reader, tree, told_clients=told))
    _take(tree, providers(), PROVIDERS, partial(_store_providers, reader, tree))
    live_roles.read_service_accounts(reader, tree)
    return tree


def _take(tree: RealmTree, found: Any, path: tuple[str, ...], store: Callable[[Any], None]) -> bool:
    """Store what was read, or that it was denied; whether it was read."""
    if isinstance(found, Denied):
        tree.shut(found.why, *path)
        return False
    store(found)
    return True


def _store(tree: RealmTree, path: tuple[str, ...], found: Any) -> None:
    tree.store(found, *path)


def _root(reader: Reader, found: Any) -> RealmTree:
    """The realm itself; Keycloak tells an account without the role little more than the realm's name.

    Raises:
        ProvisionError: There is no such realm.
    """
    if found is None:
        raise ProvisionError(
            f"There is no realm {reader.realm!r} at {reader.session.url}, or the service account may not see it.",
            "Names of realms are case-sensitive; docs/least-privilege.md has the roles that an audit needs.",
        )
    if not isinstance(found, Denied) and "id" not in found:
        found = denied(VIEW_REALM)
    known = {} if isinstance(found, Denied) else found
    tree = RealmTree(reader.session.url, reader.realm, known.get("id", reader.realm))
    tree.unread |= _NOT_READ
    if isinstance(found, Denied):
        tree.unread["Realm"] = found.why
    else:
        tree.store(found)
    return tree


def _store_providers(reader: Reader, tree: RealmTree, providers: Sequence[Mapping[str, Any]]) -> None:
    waiting = {
        item["alias"]: reader.get(VIEW_PROVIDERS, *PROVIDERS, item["alias"], "mappers") for item in providers
    }
    tree.store_identity_providers(providers, {alias: waits() or () for alias, waits in waiting.items()})


def _no_groups(reader: Reader) -> Any:
    """Whether there really are none: who may only query groups is told none, but how many there are."""
    return () if reader.get(VIEW_USERS, "groups", "count")() == {"count": 0} else denied(VIEW_USERS)


def _store_groups(reader: Reader, tree: RealmTree, groups: Sequence[Mapping[str, Any]]) -> None:
    tree.store_groups(_with_subgroups(reader, groups))


def _with_subgroups(reader: Reader, groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Groups with those below them, level by level."""
    waiting = [
        reader.list(VIEW_USERS, "groups", item["id"], "children", briefRepresentation="false")
        if item.get("subGroupCount")
        else list
        for item in groups
    ]
    return [
        {**item, "subGroups": _with_subgroups(reader, waits())}
        for item, waits in zip(groups, waiting, strict=True)
    ]


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
