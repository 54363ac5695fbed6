"""The clients of a realm that registered themselves: finding them, and removing old ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

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
    """Removing stopped on the way; the text says what had been removed by then."""


@dataclass(frozen=True)
class Registrations:
    """What was found in a realm.

    Args:
        clients: The clients that registered themselves, the oldest and longest unused first as far as known.
        notes: What could not be found out, a sentence each.
    """

    clients: tuple[RegisteredClient, ...]
    notes: tuple[str, ...]


def find(session: Session, realm: str, declared: Iterable[str], now: datetime) -> Registrations:
    """The clients that registered themselves.

    Keycloak marks them by nothing. A client counts as one when a registration event names it or, as the registration
    endpoint gives it, its client id is its internal id; not when an administrative event says who made it.

    Args:
        session: The Admin API.
        realm: The realm.
        declared: Client ids that belong to somebody; none of them is listed.
        now: The time.

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
    """Remove clients one by one; one that is gone by then is fine, one that somebody logged in with meanwhile stays.

    Args:
        session: The Admin API.
        realm: The realm.
        clients: Which.

    Returns:
        Those that are gone.

    Raises:
        PruneError: Keycloak refused one or does not answer any more.
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
            f"{len(removed)} of {len(clients)} clients were removed{f' ({gone})' if gone else ''}, then: {error.what}",
            error.do,
        ) from error
    return tuple(removed)


def _in_use(session: Session, realm: str, id_: str) -> bool:
    counts = (session.get(realm, "clients", id_, f"{kind}session-count") for kind in ("", "offline-"))
    return any(answer and answer["count"] for answer in counts)


@dataclass(frozen=True)
class _Limits:
    """How long logins of the realm last.

    Args:
        now: The time.
        online: The longest life of a login; None when it isn't known.
        offline: The longest life of an offline login; None when it has no end but by lying idle.
        offline_idle: How long an offline login may lie idle.
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
        """When at the latest a login was used that began then and has ended by now, its refreshes unseen."""
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
    """A client with all that its traces tell: its last event, its sessions, its consents."""
    registered = log.registrations.get(client["clientId"])
    seen = [span for span in spans if span]
    uses = [event.at] if event and event.type != REGISTRATION else []
    last_used = max([*uses, *(span.last for span in seen)], default=None)
    traces = [registered, event and event.at, *(span.first for span in seen), _secret_made(client)]
    if registered is None and REGISTRATION in log.kept:
        traces.append(log.since)  # it would have been recorded since
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
    """The latest moment at which the client can have been used, or None when a use may have left no trace."""
    if log.since is None or not _ways_to_a_token(client) <= log.kept:
        return None
    if last_used is None and event is not None:
        return event.at  # it has done nothing but register
    # Without an event of its own, it may have been used until the oldest that there is.
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
    """When a confidential client got its secret: at its registration or later."""
    seconds = (client.get("attributes") or {}).get("client.secret.creation.time", "")
    return as_time(int(seconds) * 1000) if seconds.isdecimal() and not client.get("publicClient") else None


def _age(client: RegisteredClient) -> tuple[datetime, str]:
    return client.registered_before or datetime.max.replace(tzinfo=UTC), client.client_id
