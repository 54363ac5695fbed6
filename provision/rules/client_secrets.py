"""The secrets of clients, as rules look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.rules.thing import Thing


def declared_secret(client: Thing) -> str | None:
    """The secret that somebody chose for a client; None where Keycloak made it, and for a client that has none.

    Raises:
        UndecidedError: It can't be seen.
    """
    if client.get("access") == "public":
        return None
    secret: str | None = client.get("secret")
    return secret
