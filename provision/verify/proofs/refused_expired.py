"""A token that was good is refused once it has expired."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provision.verify.access_token import claims
from provision.verify.check import Evidence, check
from provision.verify.connection import refusal
from provision.verify.errors import Failed
from provision.verify.mcp_session import ask, let_in
from provision.verify.proofs.tools import tools
from provision.verify.refusal import must_refuse
from provision.verify.service_client import service_client

if TYPE_CHECKING:
    from provision.verify.context import Context
    from provision.verify.service_client import ServiceClient

_LIFESPAN_SECONDS = 2
# Clocks differ, and a server may be lenient for a moment (RFC 7519 section 4.1.4).
_LENIENCE_SECONDS = 5.0
_AGAIN_SECONDS = 0.2
_TRIES = 3


@check("refused-expired", "An expired token is refused", place=130)
def refused_expired(context: Context) -> Evidence[None]:
    """Prove that the server accepts a token before it expires and refuses it afterwards (RFC 6750 section 3.1)."""
    target = context.target
    lifespan = {"access.token.lifespan": str(_LIFESPAN_SECONDS)}
    with service_client(context, target.realm, scopes=target.scopes, attributes=lifespan) as client:
        issued, token = _let_in_token(context, client)
        context.sleep(min(claims(token).expires - time.time(), _LIFESPAN_SECONDS))
        last = issued + _LIFESPAN_SECONDS + _LENIENCE_SECONDS
        while let_in(ask(context.http, target.server_url, token)) and time.monotonic() < last:
            context.sleep(_AGAIN_SECONDS)
        must_refuse(context, token, "an expired token")
    return Evidence("let in while it was good, 401 once it had expired", None)


def _let_in_token(context: Context, client: ServiceClient) -> tuple[float, str]:
    """Return the time of a token request and the accepted token; on a busy machine a token may expire on its way."""
    for _ in range(_TRIES):
        issued, token = time.monotonic(), client.token()
        before = ask(context.http, context.target.server_url, token)
        if let_in(before):
            return issued, token
        if claims(token).expires > time.time():
            break
    context.need(tools)  # this proof is not about a server that lets nobody in
    raise Failed(f"the server refused the token before it had expired: {refusal(before)}")
