"""The reader of a live realm, with few requests: every collection of any size is listed once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from provision._lib.errors import ProvisionError
from provision._lib.urls import host, is_loopback
from provision.keycloak.api.session import ForbiddenError
from provision.rules.model import Resource, Snapshot, unreadable
from provision.rules.sources import live_roles, realm_resources
from provision.rules.sources.concurrent_reader import (
    VIEW_CLIENTS,
    VIEW_PROVIDERS,
    VIEW_REALM,
    VIEW_USERS,
    ConcurrentReader,
    Denied,
    denied,
)
from provision.rules.sources.kinds import NO_RULE_ASKS, OF_A_STACK
from provision.rules.sources.recorded_api import PROVIDERS, RecordedApi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provision.config.profile import Profile
    from provision.keycloak.api.session import Session

_READERS: Final = 8
READ_ONLY_ROLES: Final = (VIEW_REALM, VIEW_CLIENTS, VIEW_USERS, VIEW_PROVIDERS)
"""The roles of ``realm-management`` with which an audit sees everything except Keycloak's version."""
_NOT_READ: Final = {
    **NO_RULE_ASKS,
    "ClientRole": "roles of clients are read only where others lead to them: Keycloak lists them client by client",
    "User": "of people only those who administer are read: the others are data, not configuration",
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
"""Documents that are stored unchanged, each with the role that reading it needs."""


def snapshot(session: Session, realm: str, profile: Profile) -> Snapshot:
    """Return the whole realm, and the outside view of its Keycloak.

    Args:
        session: The Admin API.
        realm: The realm.
        profile: The purpose of the realm.

    Raises:
        ProvisionError: The realm does not exist, or Keycloak does not answer.
    """
    with ThreadPoolExecutor(_READERS) as pool:
        reader = ConcurrentReader(session, realm, pool)
        version = pool.submit(_version, session)
        administrators = _temporary_administrators(reader)
        recorded = _recorded(reader)
        resources, unseen = realm_resources.read(recorded)
        resources = live_roles.with_members(reader, recorded, resources)
        marked = realm_resources.temporary_administrators(realm, administrators())
        resources = realm_resources.merged_people((*resources, *marked))
        server = _server(session.url, version.result())
    absent = {kind: "no realm tells of it; audit the stack" for kind in OF_A_STACK if kind != server.kind}
    return Snapshot((server, *resources), profile, unseen={**unseen, **absent})


def _temporary_administrators(reader: ConcurrentReader) -> Callable[[], Sequence[Mapping[str, Any]]]:
    """Begin to look for the administrators that Keycloak was started with; only the realm ``master`` has them."""
    if reader.realm != "master":
        return list
    marked = f"{realm_resources.TEMPORARY_MARK}:true"
    waits = reader.list(VIEW_USERS, "users", q=marked, briefRepresentation="false")
    return lambda: () if isinstance(found := waits(), Denied) else found


def _recorded(reader: ConcurrentReader) -> RecordedApi:
    """Read everything concurrently, then the objects that the answers refer to."""
    realm = reader.get(VIEW_REALM)
    documents = {path: reader.get(role, *path) for path, role in _DOCUMENTS.items()}
    clients = reader.list(VIEW_CLIENTS, "clients")
    scopes = reader.get(VIEW_CLIENTS, "client-scopes")
    roles = reader.list(VIEW_REALM, "roles", briefRepresentation="false")
    groups = reader.list(VIEW_USERS, "groups", briefRepresentation="false")
    providers = reader.get(VIEW_PROVIDERS, *PROVIDERS)
    recorded = _root(reader, realm())
    for path, waits in documents.items():
        _take(recorded, waits(), path, partial(_store, recorded, path))
    clients_read = _take(recorded, clients() or denied(VIEW_CLIENTS), ("clients",), recorded.store_clients)
    # An account that may only query clients gets neither clients nor scopes; and every realm has clients.
    _take(
        recorded,
        scopes() if clients_read else denied(VIEW_CLIENTS),
        ("client-scopes",),
        recorded.store_scopes,
    )
    _take(recorded, groups() or _no_groups(reader), ("groups",), partial(_store_groups, reader, recorded))
    _take(
        recorded, roles(), ("roles",), partial(live_roles.store, reader, recorded, clients_read=clients_read)
    )
    _take(recorded, providers(), PROVIDERS, partial(_store_providers, reader, recorded))
    live_roles.read_service_accounts(reader, recorded)
    return recorded


def _take(recorded: RecordedApi, found: Any, path: tuple[str, ...], store: Callable[[Any], None]) -> bool:
    """Store an answer or its denial; return whether it was read."""
    if isinstance(found, Denied):
        recorded.shut(found.why, *path)
        return False
    store(found)
    return True


def _store(recorded: RecordedApi, path: tuple[str, ...], found: Any) -> None:
    recorded.store(found, *path)


def _root(reader: ConcurrentReader, found: Any) -> RecordedApi:
    """Return the realm itself; an account without the role gets little more than its name.

    Raises:
        ProvisionError: The realm does not exist.
    """
    if found is None:
        raise ProvisionError(
            f"There is no realm {reader.realm!r} at {reader.session.url}, or the service account may not see it.",
            "Names of realms are case-sensitive; docs/least-privilege.md has the roles that an audit needs.",
        )
    if not isinstance(found, Denied) and "id" not in found:
        found = denied(VIEW_REALM)
    known = {} if isinstance(found, Denied) else found
    recorded = RecordedApi(reader.session.url, reader.realm, known.get("id", reader.realm))
    recorded.unread |= _NOT_READ
    if isinstance(found, Denied):
        recorded.unread |= dict.fromkeys(("Realm", "MailServer"), found.why)
    else:
        recorded.store(found)
    return recorded


def _store_providers(
    reader: ConcurrentReader, recorded: RecordedApi, providers: Sequence[Mapping[str, Any]]
) -> None:
    waiting = {
        item["alias"]: reader.get(VIEW_PROVIDERS, *PROVIDERS, item["alias"], "mappers") for item in providers
    }
    recorded.store_identity_providers(providers, {alias: waits() or () for alias, waits in waiting.items()})


def _no_groups(reader: ConcurrentReader) -> Any:
    """Return an empty list if the realm has no groups; an account that may only query groups sees just their count."""
    return () if reader.get(VIEW_USERS, "groups", "count")() == {"count": 0} else denied(VIEW_USERS)


def _store_groups(
    reader: ConcurrentReader, recorded: RecordedApi, groups: Sequence[Mapping[str, Any]]
) -> None:
    recorded.store_groups(_with_subgroups(reader, groups))


def _with_subgroups(reader: ConcurrentReader, groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return groups with their subgroups, level by level."""
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
    """Return Keycloak's version, or None if the service account may not see it."""
    try:
        info = session.server_info() or {}
    except ForbiddenError:
        return None
    version = (info.get("systemInfo") or {}).get("version")
    return str(version) if version else None


def _server(url: str, version: str | None) -> Resource:
    """Return the Keycloak, as far as its address and version describe it."""
    scheme = url.partition(":")[0].lower()
    return Resource(
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
