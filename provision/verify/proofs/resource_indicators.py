"""Tokens are for the requested resource, and for no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.access_token import claims
from provision.verify.authorization_code import RefusedError, log_in
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.logins import logins
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.target import Resource

if TYPE_CHECKING:
    from provision.verify.context import Context

_UNKNOWN = "https://unknown.example/mcp"


@check(
    "resource-indicators",
    "A token is for the resource that was asked for alone, and an unknown one is refused",
    place=85,
    applies=lambda target: target.resource_indicators,
)
def resource_indicators(context: Context) -> Evidence[None]:
    """Prove that the audience is the resource alone, and an unknown resource gets `invalid_target` (RFC 8707 section 2)."""
    target = context.target
    login = logins(context)[0]
    if (audience := claims(login.access_token).audience) != (target.server_url,):
        raise Failed(f"aud is {' '.join(audience)}, not {target.server_url} alone")
    server = context.need(authorization_server_metadata)
    unknown = Resource(_UNKNOWN, target.scopes)
    try:
        log_in(context, server, login.client_id, login.redirect_uri, resource=unknown)
    except RefusedError as refused:
        if refused.error != "invalid_target":
            raise Failed(f"{_UNKNOWN} got {refused.error}, not invalid_target") from None
        return Evidence(f"aud is {target.server_url}; {_UNKNOWN} got invalid_target", None)
    raise Failed(f"a token was issued for {_UNKNOWN}, which nobody knows")
