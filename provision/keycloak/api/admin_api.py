"""The reading half of the Admin API, which a live Keycloak or a recorded realm answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class AdminApi(Protocol):
    """The reading half of the Admin API."""

    def get(self, realm: str, *path: str, **query: str) -> Any:
        """Return the document at a path, or None."""

    def list(self, realm: str, *path: str, **query: str) -> Iterator[Any]:
        """Yield the items of a collection."""

    def export(self, realm: str) -> Any:
        """Return the whole realm beside its users, or None if there is no realm."""

    def realm_id(self, realm: str) -> str | None:
        """Return the realm's internal id, or None."""

    def default_role(self, realm: str) -> str:
        """Return the name of the role that every user of the realm has."""

    def changes(self, realm: str) -> int | None:
        """Return a number that grows whenever the realm is changed through this API, or None if each call costs nothing."""
