"""No authorization without PKCE S256."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.proofs.login_pre_registered import login_pre_registered
from provision.verify.proofs.registration import registration

if TYPE_CHECKING:
    from provision.verify.authorization_code import Login
    from provision.verify.client_registration import RegisteredClient
    from provision.verify.context import Context

_REQUESTS = {
    "no code challenge": {},
    "the method plain": {"code_challenge": secrets.token_urlsafe(48), "code_challenge_method": "plain"},
}


@check("pkce-required", "No client gets a code without PKCE S256", place=65)
def pkce_required(context: Context) -> Evidence[None]:
    """Prove that authorization requests without a challenge or with ``plain`` are refused (OAuth 2.1 section 4.1.1)."""
    client = _client(context)
    endpoint = context.need(authorization_server_metadata).authorization_endpoint
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(context.target.scopes),
        "state": secrets.token_urlsafe(16),
    }
    for what, challenge in _REQUESTS.items():
        with context.browser() as browser:
            answer = browser.get(endpoint, params=asked | challenge)
        query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
        if query.get("error") != ["invalid_request"]:
            raise Failed(f"a request with {what} was not refused (HTTP {answer.status_code})")
    return Evidence("invalid_request without a code challenge and with the method plain", None)


def _client(context: Context) -> RegisteredClient | Login:
    if context.target.registration:
        return context.need(registration)
    return context.need(login_pre_registered)
