"""A client that names its scope registers itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.client_registration import RegisteredClient, like_vs_code, register
from provision.verify.connection import text
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata

if TYPE_CHECKING:
    from provision.verify.context import Context

# Registered without a port, used with any (RFC 8252 section 7.3).
_REDIRECT_USED = "http://127.0.0.1:43418/"


@check(
    "registration-with-scope",
    "A client registers itself and names its scope",
    place=50,
    applies=lambda target: target.registration,
)
def registration_with_scope(context: Context) -> Evidence[RegisteredClient]:
    """Prove that a client can register with ``scope`` and four redirect URIs, like VS Code (RFC 7591 section 2)."""
    server = context.need(authorization_server_metadata)
    document = register(context, server.registration_endpoint, like_vs_code(context))
    client = RegisteredClient(text(document, "client_id"), _REDIRECT_USED)
    return Evidence("a public client as VS Code registers it, four redirect URIs", client)
