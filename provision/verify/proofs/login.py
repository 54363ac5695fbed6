"""A user logs in to clients that registered themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.authorization_code import Login, log_in
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.proofs.registration import registration
from provision.verify.proofs.registration_with_scope import registration_with_scope

if TYPE_CHECKING:
    from provision.verify.context import Context


@check(
    "login",
    "The demo user logs in and consents to the registered clients",
    place=70,
    applies=lambda target: target.registration,
)
def login(context: Context) -> Evidence[tuple[Login, Login]]:
    """Log in through Keycloak's own pages with PKCE S256, state, iss and resource (OAuth 2.1 section 4.1)."""
    server = context.need(authorization_server_metadata)
    clients = context.need(registration), context.need(registration_with_scope)
    first, second = (log_in(context, server, client.client_id, client.redirect_uri) for client in clients)
    if not (first.consented and second.consented):
        raise Failed("a client that registered itself got a token without the user's consent")
    return Evidence(
        "two clients, code with PKCE S256, consent, state and iss as they must be", (first, second)
    )
