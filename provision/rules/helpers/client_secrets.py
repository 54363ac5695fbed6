"""Secrets of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.rules.model import Resource


def declared_secret(client: Resource) -> str | None:
    """Return the secret that somebody chose for a client, or None if Keycloak made it or the client has none.

    Raises:
        Inconclusive: The secret cannot be seen.
    """
    if client.get("access") == "public":
        return None
    secret: str | None = client.get("secret")
    return secret
