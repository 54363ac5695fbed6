"""A token for one server of the realm is refused by another server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.access_token import claims
from provision.verify.authorization_code import log_in
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.logins import logins
from provision.verify.mcp_session import ask, let_in
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.refusal import must_refuse

if TYPE_CHECKING:
    from provision.verify.context import Context


@check(
    "refused-other-server",
    "A token for another server of the realm is refused",
    place=152,
    applies=lambda target: bool(target.others),
)
def refused_other_server(context: Context) -> Evidence[None]:
    """Prove that another server's token works there and is refused here (MCP 2025-11-25, "Token Audience Binding")."""
    client = logins(context)[0]
    server = context.need(authorization_server_metadata)
    for other in context.target.others:
        token = log_in(context, server, client.client_id, client.redirect_uri, resource=other).access_token
        if context.target.server_url in claims(token).audience:
            raise Failed(f"a token that was asked for {other.url} is for {context.target.server_url}, too")
        answer = ask(context.http, other.url, token)
        if not let_in(answer):
            raise Failed(f"{other.url} refuses a token of its own (HTTP {answer.status_code})")
        must_refuse(context, token, f"a token for {other.url}")
    return Evidence(f"401 for tokens of {', '.join(other.url for other in context.target.others)}", None)
