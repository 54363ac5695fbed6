"""A client that registered itself (RFC 7591), what is known of its age and use, and whether it may go."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class RegisteredClient:
    """A client that registered itself. Keycloak stores neither when nor its last use: both come from other traces.

    Args:
        id: Keycloak's id of it.
        client_id: Its client id.
        name: Its name, as it gave it; may hold anything.
        redirect_uris: Where it may send users back to.
        registered: When it registered, if that is recorded.
        registered_before: The earliest trace of it: it is no younger.
        last_used: Its latest recorded use.
        used_before: The latest moment at which it can have been used; None when uses may have left no trace.
        sessions: How many logins with it are alive, offline ones included.
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
        """Whether every use would be recorded and there is none."""
        return not (self.last_used or self.sessions) and (
            self.registered is not None and self.used_before == self.registered
        )


class Verdict(enum.Enum):
    """Whether a client goes, or why it stays."""

    GOES = "goes"
    IN_USE = "in use"
    YOUNG = "young"
    USED = "used"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Which clients go.

    Args:
        older_than: The least time since the registration.
        unused_for: The least time since the last use.
        unknown: Whether a client goes too whose age or last use is not known, if nothing that is known speaks against it.
    """

    older_than: timedelta
    unused_for: timedelta
    unknown: bool = False

    def verdict(self, client: RegisteredClient, now: datetime) -> Verdict:
        """Whether the client goes, or the first reason why it stays.

        Args:
            client: The client.
            now: The time.
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
