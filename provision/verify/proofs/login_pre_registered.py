"""A user logs in to the client that was registered beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision._lib.urls import host, is_loopback
from provision.verify.authorization_code import Login, log_in
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.temporary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.verify.context import Context


@check(
    "login-pre-registered",
    "The demo user logs in to the pre-registered public client",
    place=75,
    applies=lambda target: bool(target.public_client_id),
)
def login_pre_registered(context: Context) -> Evidence[Login]:
    """Log in to a client that can't or may not register itself (MCP 2025-11-25, "Client Registration")."""
    server = context.need(authorization_server_metadata)
    client_id = context.target.public_client_id
    found = context.session().get(context.target.realm, "clients", clientId=client_id)
    if not found:
        raise Failed(f"there is no client {client_id}")
    redirect_uri = _usable(found[0].get("redirectUris") or ())
    _forget_consent_later(context)
    return Evidence(
        f"client {client_id}, code with PKCE S256, redirect to {redirect_uri}",
        log_in(context, server, client_id, redirect_uri),
    )


def _forget_consent_later(context: Context) -> None:
    """Schedule the removal of a new consent: unlike the other clients, this one stays."""
    target, session = context.target, context.session()
    for user in session.get(target.realm, "users", username=target.demo_username, exact="true") or ():
        consents = session.get(target.realm, "users", user["id"], "consents") or ()
        if all(consent["clientId"] != target.public_client_id for consent in consents):
            context.temporary.remove_later(
                Kind.SESSION,
                f"the consent to {target.public_client_id}",
                lambda user_id=user["id"]: session.delete(  # type: ignore[misc]  # mypy types no lambda's default
                    target.realm, "users", user_id, "consents", target.public_client_id
                ),
            )


def _usable(redirect_uris: Iterable[str]) -> str:
    """Return a usable redirect URI, preferring this machine's; add a port to a loopback URI without one."""
    exact = [uri for uri in redirect_uris if uri.startswith("http") and host(uri) and "*" not in uri]
    local = [uri for uri in exact if is_loopback(host(uri))]
    if not exact:
        raise Failed("the public client has no exact http or https redirect URI")
    uri = (local or exact)[0]
    parts = urlsplit(uri)
    if local and parts.port is None:
        return parts._replace(netloc=f"{parts.netloc}:43419").geturl()
    return uri
