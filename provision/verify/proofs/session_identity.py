"""The id of a session grants nothing by itself."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from provision.verify.check import Evidence, check
from provision.verify.connection import refusal
from provision.verify.errors import Failed
from provision.verify.mcp_session import McpSession, ask, refused
from provision.verify.proofs.refused_no_token import refused_no_token
from provision.verify.proofs.token import token
from provision.verify.proofs.tools import tools
from provision.verify.refusal import must_be_401
from provision.verify.service_client import service_client

if TYPE_CHECKING:
    import httpx

    from provision.verify.context import Context


@check("session-identity", "The id of a session does not stand in for a token", place=115)
def session_identity(context: Context) -> Evidence[None]:
    """Prove that a session's id is useless without a token and with another user's token.

    Source: MCP 2025-11-25, "Security Best Practices", "Session Hijacking".
    """
    context.need(refused_no_token)  # this proof is not about a server that asks for no token at all
    good = context.need(token)
    try:
        with McpSession(context.http, context.target.server_url, good) as session:
            return _kept(context, session) if session.id else _stateless(context)
    except Failed:
        context.need(tools)  # this proof is not about a server that lets nobody in
        raise


def _stateless(context: Context) -> Evidence[None]:
    _without_token(context, secrets.token_hex(16), "an invented session id")
    return Evidence("the server keeps no sessions; 401 for an invented session id without a token", None)


def _kept(context: Context, session: McpSession) -> Evidence[None]:
    target = context.target
    own = ask(context.http, target.server_url, session.token, session=session.id)
    if not own.is_success:
        raise Failed(f"the session is refused to the token that began it: {refusal(own)}")
    _without_token(context, session.id, "a session id")
    with service_client(context, target.realm, scopes=target.scopes) as client:
        answer = _as_another(context, session.id, client.token())
    if not refused(answer):
        raise Failed(f"the server serves a session to another subject, too (HTTP {answer.status_code})")
    return Evidence(
        f"401 for a session's id without a token, HTTP {answer.status_code} with another subject's", None
    )


def _as_another(context: Context, session: str, token: str) -> httpx.Response:
    """Return the answer to another subject, which may have its own session, asking in this session."""
    try:
        with McpSession(context.http, context.target.server_url, token):
            return ask(context.http, context.target.server_url, token, session=session)
    except Failed as error:
        raise Failed(
            f"another subject's token, good for this server, begins no session: {error.what}"
        ) from None


def _without_token(context: Context, session: str, what: str) -> None:
    answer = ask(context.http, context.target.server_url, session=session)
    must_be_401(context.target, answer, f"{what} without a token")
