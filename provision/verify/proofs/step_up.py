"""A tool that needs more than the others is refused until the token has it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

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
    from provision.verify.context import Context


@check(
    "step-up",
    "A tool that needs more is refused, and works after a step-up",
    place=105,
    applies=lambda target: bool(target.tool_scopes),
)
def step_up(context: Context) -> Evidence[None]:
    """Prove that 403 `insufficient_scope` names all scopes of the call, and that a login with these makes the call work.

    Source: MCP 2025-11-25, "Scope Challenge Handling".
    """
    target = context.target
    # A client that named its scopes when it registered may have no others (before Keycloak 26.8).
    login = context.need(login_pre_registered) if target.public_client_id else logins(context)[0]
    server = context.need(authorization_server_metadata)
    for tool, further in target.tool_scopes.items():
        with McpSession(context.http, target.server_url, login.access_token) as session:
            refused = session.attempt(tool, dict(CALLS[tool][0]) if tool in CALLS else {})
        if refused.status_code != HTTPStatus.FORBIDDEN:
            raise Failed(f"{tool} without {' '.join(further)} got HTTP {refused.status_code}, not 403")
        found = bearer_challenge(refused.headers.get("WWW-Authenticate", ""))
        if found is None or found.error != "insufficient_scope":
            raise Failed(f"the 403 for {tool} does not say insufficient_scope")
        if missing := {*target.scopes, *further} - {*found.scopes}:
            raise Failed(f"the challenge of {tool} does not ask for {' '.join(sorted(missing))}")
        more = log_in(context, server, login.client_id, login.redirect_uri, further_scopes=tuple(further))
        with McpSession(context.http, target.server_url, more.access_token) as session:
            if tool in CALLS:
                call(session, tool)
            elif not let_in(session.attempt(tool, {})):
                raise Failed(f"{tool} is refused with {' '.join(further)}, too")
    return Evidence(f"{', '.join(target.tool_scopes)}: 403 first, right after the step-up", None)
