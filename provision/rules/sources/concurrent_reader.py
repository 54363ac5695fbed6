"""Concurrent reads of a live realm, with denials as answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from provision.keycloak.api.session import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from provision.keycloak.api.session import Session

VIEW_REALM: Final = "view-realm"
VIEW_CLIENTS: Final = "view-clients"
VIEW_USERS: Final = "view-users"
VIEW_PROVIDERS: Final = "view-identity-providers"


@dataclass(frozen=True)
class Denied:
    """The answer for a part that the service account may not read."""

    why: str


class ConcurrentReader:
    """A reader of one realm's parts that works concurrently; a denial is an answer, not an error.

    Args:
        session: The Admin API.
        realm: The realm.
        pool: The threads that send the requests.
    """

    def __init__(self, session: Session, realm: str, pool: ThreadPoolExecutor) -> None:
        self.session = session
        self.realm = realm
        self.pool = pool

    def get(self, role: str, *path: str, **query: str) -> Callable[[], Any]:
        """Begin to read a document; return a function that waits for the answer."""
        return self._begin(role, partial(self.session.get, self.realm, *path, **query))

    def list(self, role: str, *path: str, **query: str) -> Callable[[], Any]:
        """Begin to read a collection page by page; return a function that waits for the answer."""
        return self._begin(role, lambda: [*self.session.list(self.realm, *path, **query)])

    def _begin(self, role: str, read: Callable[[], Any]) -> Callable[[], Any]:
        def tried() -> Any:
            try:
                return read()
            except ForbiddenError:
                return denied(role)

        return self.pool.submit(tried).result


def denied(role: str) -> Denied:
    """Return the answer for a part that needs a role.

    Args:
        role: The role of ``realm-management`` that would allow the request.
    """
    return Denied(f"the service account lacks the role {role}")
