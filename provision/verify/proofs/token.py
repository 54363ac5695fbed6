"""The access tokens are made for this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.access_token import Claims, claims
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.logins import logins

if TYPE_CHECKING:
    from provision.verify.context import Context
    from provision.verify.target import Target

_MOST_SECONDS = 3600


@check("token", "The access tokens are made for this server, and for a short time", place=80)
def token(context: Context) -> Evidence[str]:
    """Prove audience (RFC 8707 section 2), scope, issuer, subject and lifetime of the tokens (RFC 9068 section 2.2)."""
    found_logins = logins(context)
    for one in found_logins:
        _examine(claims(one.access_token), context.target, f"client {one.client_id}")
    found = claims(found_logins[0].access_token)
    return Evidence(
        f"aud has {context.target.server_url}, scope {' '.join(found.scopes)}, {found.expires - found.issued} s",
        found_logins[0].access_token,
    )


def _examine(found: Claims, target: Target, who: str) -> None:
    if target.server_url not in found.audience:
        raise Failed(f"{who}: aud is {' '.join(found.audience) or 'empty'}, without {target.server_url}")
    missing = set(target.scopes) - set(found.scopes)
    if missing:
        raise Failed(f"{who}: scope has no {' '.join(sorted(missing))}")
    if found.issuer != target.issuer:
        raise Failed(f"{who}: iss is {found.issuer}, not {target.issuer}")
    if not found.subject:
        raise Failed(f"{who}: there is no sub; the built-in scope basic is missing")
    if not 0 < found.expires - found.issued <= _MOST_SECONDS:
        raise Failed(f"{who}: it is good for {found.expires - found.issued} s, more than {_MOST_SECONDS} s")
