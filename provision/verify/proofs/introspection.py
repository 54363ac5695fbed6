"""The MCP server's client can ask about tokens, and nobody else can."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from provision.verify.access_token import from_document
from provision.verify.check import Evidence, check
from provision.verify.connection import json_object, refusal
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.proofs.token import token

if TYPE_CHECKING:
    import httpx

    from provision.verify.context import Context


@check("introspection", "Introspection answers the server's client, and nobody with a wrong secret", place=90)
def introspection(context: Context) -> Evidence[None]:
    """Prove that introspection gives ``active`` for the right secret, 401 for a wrong one (RFC 7662 sections 2.1 to 2.3)."""
    access, target = context.need(token), context.target
    document = introspected(context, access)
    if document.get("active") is not True:
        raise Failed(
            f"a good token is not active for {target.introspection_client_id}; is that client in its aud?"
        )
    found = from_document(document)
    if found.issuer != target.issuer:
        raise Failed(f"iss is {found.issuer or 'missing'}, not {target.issuer}")
    if target.server_url not in found.audience:
        raise Failed(f"the answer's aud has no {target.server_url}")
    refused = _ask(context, access, secrets.token_urlsafe(16))
    if refused.status_code != HTTPStatus.UNAUTHORIZED:
        raise Failed(f"a wrong secret got {refusal(refused)}, not 401")
    return Evidence(f"active for {target.introspection_client_id}, 401 with a wrong secret", None)


def introspected(context: Context, access_token: str) -> dict[str, Any]:
    """Return Keycloak's introspection of a token, asked as the server's client.

    Raises:
        Failed: There is no answer.
    """
    answer = _ask(context, access_token, context.target.introspection_client_secret)
    return json_object(answer, "introspection with the right secret")


def _ask(context: Context, access_token: str, secret: str) -> httpx.Response:
    # In the body: a client id that is a URL would have to be percent-encoded for HTTP Basic (RFC 6749 section 2.3.1).
    body = {
        "token": access_token,
        "client_id": context.target.introspection_client_id,
        "client_secret": secret,
    }
    return context.http.post(context.need(authorization_server_metadata).introspection_endpoint, data=body)
