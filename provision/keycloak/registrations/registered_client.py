"""A client that registered itself (RFC 7591), its known age and use, and the decision whether to remove it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class RegisteredClient:
    """A client that registered itself. Keycloak stores neither the time of the registration nor of the last use.

    Args:
        id: Keycloak's id of the client.
        client_id: The client's client id.
        name: The name that the client gave; may hold anything.
        redirect_uris: The addresses to which the client may send users back.
        registered: The time of the registration, if recorded.
        registered_before: The time of the client's earliest trace; the client is no younger.
        last_used: The time of the latest recorded use.
        used_before: The latest moment at which the client can have been used; None if uses may have left no trace.
        sessions: The number of live logins with the client, offline ones included.
    """

    id: str
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    registered: datetime | None = None
    registered_before: datetime | None = None
    last_used: datetime | None = None
    used_before: datetime | None = None
    sessions: int = 0

    @property
    def never_used(self) -> bool:
        """Return whether every use would be recorded and no use is."""
        return not (self.last_used or self.sessions) and (
            self.registered is not None and self.used_before == self.registered
        )


class Verdict(enum.Enum):
    """The decision to remove a client, or the reason why it stays."""

    GOES = "goes"
    IN_USE = "in use"
    YOUNG = "young"
    USED = "used"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that selects the clients to remove.

    Args:
        older_than: The least time since the registration.
        unused_for: The least time since the last use.
        unknown: Whether to remove a client with unknown age or last use too, if no known fact speaks against it.
    """

    older_than: timedelta
    unused_for: timedelta
    unknown: bool = False

    def verdict(self, client: RegisteredClient, now: datetime) -> Verdict:
        """Return whether the client goes, or the first reason why the client stays.

        Args:
            client: The client.
            now: The present time.
        """
        born, used = now - self.older_than, now - self.unused_for
        if client.sessions:
            return Verdict.IN_USE
        if client.registered is not None and client.registered > born:
            return Verdict.YOUNG
        if client.last_used is not None and client.last_used > used:
            return Verdict.USED
        old = not self.older_than or _at_or_before(client.registered_before, born)
        unused = not self.unused_for or _at_or_before(client.used_before, used)
        return Verdict.GOES if self.unknown or (old and unused) else Verdict.UNKNOWN


def _at_or_before(moment: datetime | None, limit: datetime) -> bool:
    return moment is not None and moment <= limit
