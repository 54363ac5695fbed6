"""A tool that needs more than the others is refused until the token has it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from provision._lib.suggest import nearest
from provision.verify.access_token import claims
from provision.verify.authorization_code import log_in
from provision.verify.challenge import bearer_challenge
from provision.verify.check import Evidence, check
from provision.verify.errors import Failed
from provision.verify.logins import logins
from provision.verify.mcp_session import McpSession, let_in
from provision.verify.proofs.authorization_server_metadata import authorization_server_metadata
from provision.verify.proofs.login_pre_registered import login_pre_registered
from provision.verify.proofs.tools import CALLS, call

if TYPE_CHECKING:
    import httpx

    from provision.verify.context import Context


@check(
    "step-up",
    "A tool that needs more is refused, and works after a step-up",
    place=105,
    applies=lambda target: bool(target.tool_scopes),
)
def step_up(context: Context) -> Evidence[None]:
    """Prove that 403 `insufficient_scope` names all scopes of the call, and that a login with these makes the call work.

    Only tools of the reference server are called. Any other server is asked about its tools' scopes by a method that runs
    nothing; if it does not know the method, no more is shown than that Keycloak issues tokens with the scopes.

    Source: MCP 2025-11-25, "Scope Challenge Handling".
    """
    target = context.target
    # A client that named its scopes when it registered may have no others (before Keycloak 26.8).
    login = context.need(login_pre_registered) if target.public_client_id else logins(context)[0]
    server = context.need(authorization_server_metadata)
    silent = []
    for tool, further in target.tool_scopes.items():
        with McpSession(context.http, target.server_url, login.access_token) as session:
            told = _told(context, tool, _attempt(context, session, tool))
        more = log_in(context, server, login.client_id, login.redirect_uri, further_scopes=further)
        if missing := {*further} - {*claims(more.access_token).scopes}:
            raise Failed(f"a token that was asked for {' '.join(further)} lacks {' '.join(sorted(missing))}")
        with McpSession(context.http, target.server_url, more.access_token) as session:
            _must_be_listed(tool, session.tools())
            if target.is_reference:
                call(session, tool)
            elif told and not let_in(_attempt(context, session, tool)):
                raise Failed(f"{tool} is refused with {' '.join(further)}, too")
        silent += [] if told else [tool]
    if silent:
        return Evidence(
            f"tokens with the scopes of {', '.join(silent)} are issued; whether the server asks for them shows only a call,"
            " and no tool of a server of your own is called",
            None,
            in_part=True,
        )
    called = "" if target.is_reference else "; no tool was called"
    return Evidence(f"{', '.join(target.tool_scopes)}: 403 first, right after the step-up{called}", None)


def _attempt(context: Context, session: McpSession, tool: str) -> httpx.Response:
    """Return the answer to a call of a reference server's tool, or to the question about the scopes of any other tool."""
    if context.target.is_reference:
        return session.attempt(tool, dict(CALLS[tool][0]))
    return session.ask_for_scopes(tool)


def _told(context: Context, tool: str, answer: httpx.Response) -> bool:
    """Return whether the server asks for the scopes of a tool; False if it does not know the question.

    Raises:
        Failed: The server asks in a wrong way, or the reference server does not ask.
    """
    target = context.target
    further = target.tool_scopes[tool]
    if answer.status_code != HTTPStatus.FORBIDDEN:
        if not target.is_reference and answer.status_code != HTTPStatus.UNAUTHORIZED:
            return False
        raise Failed(f"{tool} without {' '.join(further)} got HTTP {answer.status_code}, not 403")
    found = bearer_challenge(answer.headers.get("WWW-Authenticate", ""))
    if found is None or found.error != "insufficient_scope":
        raise Failed(f"the 403 for {tool} does not say insufficient_scope")
    if missing := {*target.scopes, *further} - {*found.scopes}:
        raise Failed(f"the challenge of {tool} does not ask for {' '.join(sorted(missing))}")
    return True


def _must_be_listed(tool: str, listed: tuple[str, ...]) -> None:
    """Refuse scopes of a tool that does not exist: the tool that was meant needs none."""
    if tool not in listed:
        close = nearest(tool, listed)
        meant = f"did you mean {close}?" if close else f"it lists {', '.join(listed) or 'none'}"
        raise Failed(f"toolScopes names {tool}, and the server has no such tool; {meant}")
