"""The clients of a realm that registered themselves: finding them, and removing old ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision._lib.counts import counted
from provision._lib.errors import ProvisionError
from provision.keycloak.realm_listing import RealmListing
from provision.keycloak.registrations.client_activity import REFRESH, REGISTRATION, Traces, as_time
from provision.keycloak.registrations.registered_client import RegisteredClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provision.keycloak.api.session import Session
    from provision.keycloak.registrations.client_activity import Event, EventLog, Span

_TOKEN_EVENTS = {
    "standardFlowEnabled": "CODE_TO_TOKEN",
    "implicitFlowEnabled": "LOGIN",
    "directAccessGrantsEnabled": "LOGIN",
    "serviceAccountsEnabled": "CLIENT_LOGIN",
    "oauth2.device.authorization.grant.enabled": "OAUTH2_DEVICE_CODE_TO_TOKEN",
    "oidc.ciba.grant.enabled": "AUTHREQID_TO_TOKEN",
}
"""The event of each way to a token."""


class PruneError(ProvisionError):
    """The error for a removal of clients that stopped on the way; the text names the clients removed by then."""


@dataclass(frozen=True)
class Registrations:
    """The clients that registered themselves in a realm.

    Args:
        clients: The clients that registered themselves, the oldest and longest unused first as far as known.
        notes: A sentence for each fact that could not be found out.
    """

    clients: tuple[RegisteredClient, ...]
    notes: tuple[str, ...]


def find(session: Session, realm: str, declared: Iterable[str], now: datetime) -> Registrations:
    """Return the clients that registered themselves.

    Keycloak does not mark these clients. A client counts as self-registered if a registration event names it, or if its
    client id is its internal id, which the registration endpoint assigns; but not if an administrative event shows who
    made it.

    Args:
        session: The Admin API.
        realm: The realm.
        declared: Client ids that belong to somebody and are left out.
        now: The present time.

    Raises:
        KeycloakError: Keycloak does not answer, or the service account may not even list clients.
    """
    traces = Traces(session, realm)
    log = traces.events()
    others = frozenset(declared)
    found = [
        item
        for item in RealmListing(session, realm).clients
        if (item["clientId"] in log.registrations or item["clientId"] == item["id"])
        and item["clientId"] not in others
        and item["id"] not in log.made_by_admins
    ]
    if not found:
        return Registrations((), ())
    latest = traces.latest_events(item["clientId"] for item in found) if log.since else {}
    sessions = traces.sessions(item["id"] for item in found)
    consents = traces.consents()
    limits = _Limits.of(session.get(realm) or {}, now)
    clients = [
        _dated(
            item,
            log,
            latest.get(item["clientId"]),
            (sessions.get(item["id"]), consents.get(item["clientId"])),
            limits,
        )
        for item in found
    ]
    return Registrations(tuple(sorted(clients, key=_age)), tuple(traces.notes))


def remove(
    session: Session,
    realm: str,
    clients: Sequence[RegisteredClient],
) -> tuple[RegisteredClient, ...]:
    """Remove clients one by one, but none that somebody has logged in with meanwhile; a missing client is no error.

    Args:
        session: The Admin API.
        realm: The realm.
        clients: The clients to remove.

    Returns:
        The removed clients.

    Raises:
        PruneError: Keycloak refused a call or does not answer any more.
    """
    removed: list[RegisteredClient] = []
    try:
        for client in clients:
            if not _in_use(session, realm, client.id):
                session.delete(realm, "clients", client.id)
                removed.append(client)
    except ProvisionError as error:
        gone = ", ".join(client.client_id for client in removed)
        raise PruneError(
            f"Removed {len(removed)} of {counted(len(clients), 'client')}{f' ({gone})' if gone else ''}, then: {error.what}",
            error.do,
        ) from error
    return tuple(removed)


def _in_use(session: Session, realm: str, id_: str) -> bool:
    counts = (session.get(realm, "clients", id_, f"{kind}session-count") for kind in ("", "offline-"))
    return any(answer and answer["count"] for answer in counts)


@dataclass(frozen=True)
class _Limits:
    """The limits of the realm's logins.

    Args:
        now: The present time.
        online: The longest life of a login; None if unknown.
        offline: The longest life of an offline login; None if it ends only by lying idle.
        offline_idle: The longest time that an offline login may lie idle.
    """

    now: datetime
    online: timedelta | None
    offline: timedelta | None
    offline_idle: timedelta

    @classmethod
    def of(cls, realm: Mapping[str, Any], now: datetime) -> _Limits:
        names = ("ssoSessionMaxLifespan", "ssoSessionMaxLifespanRememberMe")
        online = max(realm.get(name) or 0 for name in names)
        ends = realm.get("offlineSessionMaxLifespanEnabled")
        return cls(
            now,
            timedelta(seconds=online) if online else None,
            timedelta(seconds=realm["offlineSessionMaxLifespan"]) if ends else None,
            timedelta(seconds=realm.get("offlineSessionIdleTimeout") or 0),
        )

    def over_by(self, login: datetime, *, offline: bool) -> datetime | None:
        """Return the latest possible time of an unseen refresh, if the login began at ``login`` and has ended."""
        if self.online is None:
            return None
        if not offline:
            return min(self.now, login + self.online)
        idle_since = self.now - self.offline_idle
        ends = idle_since if self.offline is None else login + self.offline
        return min(self.now, max(login + self.online, idle_since, ends))


def _dated(
    client: Mapping[str, Any],
    log: EventLog,
    event: Event | None,
    spans: tuple[Span | None, Span | None],
    limits: _Limits,
) -> RegisteredClient:
    """Return a client with all that its traces show: its last event, its sessions, its consents."""
    registered = log.registrations.get(client["clientId"])
    seen = [span for span in spans if span]
    uses = [event.at] if event and event.type != REGISTRATION else []
    last_used = max([*uses, *(span.last for span in seen)], default=None)
    traces = [registered, event and event.at, *(span.first for span in seen), _secret_made(client)]
    if registered is None and REGISTRATION in log.kept:
        traces.append(log.since)  # a later registration would be recorded
    sessions = spans[0]
    return RegisteredClient(
        id=client["id"],
        client_id=client["clientId"],
        name=client.get("name") or "",
        redirect_uris=tuple(client.get("redirectUris") or ()),
        registered=registered,
        registered_before=min((trace for trace in traces if trace), default=None),
        last_used=last_used,
        used_before=_used_before(client, log, event, last_used, limits),
        sessions=sessions.count if sessions else 0,
    )


def _used_before(
    client: Mapping[str, Any],
    log: EventLog,
    event: Event | None,
    last_used: datetime | None,
    limits: _Limits,
) -> datetime | None:
    """Return the latest moment at which the client can have been used, or None if a use may have left no trace."""
    if log.since is None or not _ways_to_a_token(client) <= log.kept:
        return None
    if last_used is None and event is not None:
        return event.at  # the client has done nothing but register
    # A client without an event may have been used until the oldest stored event.
    login = max(moment for moment in (last_used, None if event else log.since) if moment)
    if REFRESH in log.kept:
        return login
    scopes = (*(client.get("defaultClientScopes") or ()), *(client.get("optionalClientScopes") or ()))
    return limits.over_by(login, offline="offline_access" in scopes)


def _ways_to_a_token(client: Mapping[str, Any]) -> set[str]:
    attributes = client.get("attributes") or {}
    return {
        event
        for switch, event in _TOKEN_EVENTS.items()
        if client.get(switch) is True or attributes.get(switch) == "true"
    }


def _secret_made(client: Mapping[str, Any]) -> datetime | None:
    """Return when a confidential client got its secret: at its registration or later; None for other clients."""
    seconds = (client.get("attributes") or {}).get("client.secret.creation.time", "")
    return as_time(int(seconds) * 1000) if seconds.isdecimal() and not client.get("publicClient") else None


def _age(client: RegisteredClient) -> tuple[datetime, str]:
    return client.registered_before or datetime.max.replace(tzinfo=UTC), client.client_id
