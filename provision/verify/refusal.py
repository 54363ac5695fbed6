"""The definition of a refusal: how the MCP server must answer a bad token."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from provision.verify.challenge import bearer_challenge
from provision.verify.errors import Failed
from provision.verify.mcp_session import ask, let_in

if TYPE_CHECKING:
    import httpx

    from provision.verify.context import Context
    from provision.verify.target import Target


def must_be_401(target: Target, response: httpx.Response, what: str) -> None:
    """Check that an answer is a 401.

    Args:
        target: The live stack.
        response: The answer.
        what: The request's name in the failure.

    Raises:
        Failed: The answer has another status; the text has the remedy for a server that asks for no token at all.
    """
    status = response.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        return
    told = f"{what} got HTTP {status}, not 401"
    if response.is_success:
        told = f"the server let in {what} (HTTP {status})"
    elif let_in(response):
        told += ": the server went on to the message"
    if let_in(response) and not target.is_reference:
        told += (
            "; put the server behind provision.server.serve, or let it check tokens as docs/servers.md says"
        )
    raise Failed(told)


def must_refuse(context: Context, token: str, what: str) -> None:
    """Call the server with a token that it must not accept.

    The answer must be 401 (MCP 2025-11-25, "Token Handling"), with ``invalid_token`` if it names an error at all
    (RFC 6750 section 3.1). A 403 is not enough: it means that the token is good and only lacks a scope.

    Args:
        context: The context of the proof.
        token: The bad token.
        what: The token's name in the failure.

    Raises:
        Failed: The server answered otherwise.
    """
    response = ask(context.http, context.target.server_url, token)
    must_be_401(context.target, response, what)
    found = bearer_challenge(response.headers.get("WWW-Authenticate", ""))
    if found is None:
        raise Failed(f"the 401 for {what} carries no Bearer challenge")
    if found.error not in {"", "invalid_token"}:
        raise Failed(f"{what} got the error {found.error}, not invalid_token")
