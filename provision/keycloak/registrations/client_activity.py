"""The traces that clients leave in a realm: events, sessions, consents. Keycloak itself stores no dates of a client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from provision.keycloak.api.session import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from provision.keycloak.api.session import Session

T = TypeVar("T")

REGISTRATION: Final = "CLIENT_REGISTER"
REFRESH: Final = "REFRESH_TOKEN"
CALLS_AT_ONCE: Final = 4
_MOST_USERS: Final = 1000
"""The largest number of users whose consents are read: one call per user."""
_SESSIONS: Final = ("user-sessions", "offline-sessions")


@dataclass(frozen=True)
class Span:
    """The span from the earliest to the latest of some traces.

    Args:
        first: The time of the earliest trace.
        last: The time of the latest trace.
        count: The number of traces.
    """

    first: datetime
    last: datetime
    count: int = 1

    def __or__(self, other: Span | None) -> Span:
        """Return the span of both."""
        if other is None:
            return self
        return Span(min(self.first, other.first), max(self.last, other.last), self.count + other.count)


@dataclass(frozen=True)
class Event:
    """An event of a client.

    Args:
        at: The time of the event.
        type: The event's type, such as ``CODE_TO_TOKEN``.
    """

    at: datetime
    type: str


@dataclass(frozen=True)
class EventLog:
    """The realm's stored events.

    Args:
        kept: The types that are stored now.
        since: The time of the oldest event; None if there are no events.
        registrations: The times at which clients registered, by client id.
        made_by_admins: The ids of clients that an administrator made.
    """

    kept: frozenset[str] = frozenset()
    since: datetime | None = None
    registrations: Mapping[str, datetime] = field(default_factory=dict)
    made_by_admins: frozenset[str] = frozenset()


class Traces:
    """A reader of the traces of one realm; traces that may not be read, or take too long, are left out and noted.

    Args:
        session: The Admin API.
        realm: The realm.
    """

    def __init__(self, session: Session, realm: str) -> None:
        self.notes: list[str] = []
        self._session = session
        self._realm = realm

    def events(self) -> EventLog:
        """Return the stored events, without the single uses."""
        return self._readable(self._events, "events", "view-events") or EventLog()

    def latest_events(self, client_ids: Iterable[str]) -> dict[str, Event]:
        """Return the last event of each client, by client id; clients without an event are left out."""

        def latest(client_id: str) -> tuple[str, Any]:
            return client_id, self._session.get(self._realm, "events", client=client_id, max="1")

        return {
            client_id: Event(as_time(found[0]["time"]), found[0]["type"])
            for client_id, found in in_parallel(latest, client_ids)
            if found
        }

    def sessions(self, ids: Iterable[str]) -> dict[str, Span]:
        """Return the live logins of each client, by the client's id; clients without a login are left out."""
        alive = self._readable(self._with_sessions, "the statistics of sessions", "view-realm")
        asked = [id_ for id_ in ids if alive is None or id_ in alive]
        return {id_: span for id_, span in in_parallel(self._sessions_of, asked) if span is not None}

    def consents(self) -> dict[str, Span]:
        """Return the span from a user's first consent to the last change of a consent, by client id."""
        return self._readable(self._consents, "users' consents", "view-users") or {}

    def _readable(self, read: Callable[[], T], what: str, role: str) -> T | None:
        try:
            return read()
        except ForbiddenError:
            self.notes.append(f"The service account may not read {what}; that needs the role {role}.")
            return None

    def _events(self) -> EventLog:
        session, realm = self._session, self._realm
        config = session.get(realm, "events", "config")
        oldest = session.get(realm, "events", direction="asc", max="1")
        kept = (
            frozenset(config.get("enabledEventTypes") or ()) if config.get("eventsEnabled") else frozenset()
        )
        if not kept:
            self.notes.append(
                "Keycloak does not keep this realm's events (`provision:realm: {events: true}` makes it), "
                "so nobody knows when clients registered and were last used."
            )
        elif REFRESH not in kept:
            self.notes.append(
                "Keycloak does not keep REFRESH_TOKEN events, so a client counts as used for as long "
                "as its last login can have lasted."
            )
        if not oldest:
            return EventLog(kept)
        registered = {
            event["clientId"]: as_time(event["time"])
            for event in session.list(realm, "events", type=REGISTRATION)
            if event.get("clientId")
        }
        made = session.list(realm, "admin-events", operationTypes="CREATE", resourceTypes="CLIENT")
        by_admins = frozenset(event["resourcePath"].rpartition("/")[2] for event in made)
        since = complete_since(
            as_time(oldest[0]["time"]), config.get("eventsExpiration"), datetime.now(tz=UTC)
        )
        return EventLog(kept, since, registered, by_admins)

    def _with_sessions(self) -> frozenset[str]:
        stats = self._session.get(self._realm, "client-session-stats") or ()
        return frozenset(item["id"] for item in stats if int(item["active"]) or int(item["offline"]))

    def _sessions_of(self, id_: str) -> tuple[str, Span | None]:
        total: Span | None = None
        for kind in _SESSIONS:
            for item in self._session.list(self._realm, "clients", id_, kind):
                total = Span(as_time(item["start"]), as_time(item["lastAccess"])) | total
        return id_, total

    def _consents(self) -> dict[str, Span]:
        session, realm = self._session, self._realm
        count = session.get(realm, "users", "count")
        if count > _MOST_USERS:
            self.notes.append(f"The realm has {count:,} users: their consents were not looked at.")
            return {}
        users = [item["id"] for item in session.list(realm, "users", briefRepresentation="true")]
        found: dict[str, Span] = {}
        for consents in in_parallel(lambda user: session.get(realm, "users", user, "consents") or (), users):
            for item in consents:
                if item.get("createdDate"):  # an offline token without a consent has none
                    span = Span(as_time(item["createdDate"]), as_time(item["lastUpdatedDate"]))
                    found[item["clientId"]] = span | found.get(item["clientId"])
        return found


def complete_since(oldest: datetime, kept_seconds: int | None, now: datetime) -> datetime:
    """Return the time from which on all events are stored: Keycloak deletes older events, not all at once.

    Args:
        oldest: The time of the oldest stored event.
        kept_seconds: The seconds for which the realm keeps events; for ever if zero or None.
        now: The present time.
    """
    return max(oldest, now - timedelta(seconds=kept_seconds)) if kept_seconds else oldest


def as_time(milliseconds: float) -> datetime:
    """Return a time of the Admin API, in milliseconds, as a datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def in_parallel(read: Callable[[str], T], keys: Iterable[str]) -> list[T]:
    """Return the results in the order of the keys, with a few calls at a time."""
    with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE, thread_name_prefix="traces") as pool:
        return list(pool.map(read, keys))
