"""The server over standard input and output; every call is checked as over HTTP, with the token of the environment."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import Middleware
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST

from provision.server.app import build_server
from provision.server.audit import AuditTrail, begin_request
from provision.server.authorization_server import AuthorizationServerError
from provision.server.guard import build_verifier
from provision.server.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastmcp.server.auth import TokenVerifier
    from fastmcp.server.middleware import CallNext, MiddlewareContext
    from fastmcp.tools.base import Tool, ToolResult
    from mcp.server.auth.provider import AccessToken
    from mcp_types import CallToolRequestParams, ListToolsRequest

    from provision.server.audit import RequestRecord
    from provision.server.credentials import Credentials
    from provision.server.settings import Settings

_REFUSED = "The access token is not accepted."
_LACKING = "The access token lacks a scope that is needed: {}."
_UNAVAILABLE = "Access tokens cannot be checked at the moment; try again."


class Gate(Middleware):
    """Middleware that checks the token for each call, and accepts a fresh token in its place.

    Args:
        settings: The settings of the server.
        audit: The audit trail for refusals.
        verifier: Checks the tokens.
        credentials: The source of the token.
    """

    def __init__(
        self, settings: Settings, audit: AuditTrail, verifier: TokenVerifier, credentials: Credentials
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._verifier = verifier
        self._credentials = credentials

    async def refuse_to_start(self) -> None:
        """Check that the token is good.

        Raises:
            SettingsError: The token is not good; the text gives the reason, because its reader supplied the token.
        """
        record = begin_request()
        access, _ = await self._access(record, self._settings.scopes)
        if access is None:
            raise SettingsError([f"the access token is refused: {record.reason}"])

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Call the tool.

        Args:
            context: The call.
            call_next: Performs the call.

        Raises:
            ToolError: The token is not good for this call.
        """
        tool = context.message.name
        record = begin_request()
        access, refusal = await self._access(
            record, (*self._settings.scopes, *self._settings.tool_scopes.get(tool, ()))
        )
        if access is None:
            record.tool = tool
            raise ToolError(self._refused(record, refusal))
        with _as_user(access):
            return await call_next(context)

    async def on_list_tools(
        self,
        context: MiddlewareContext[ListToolsRequest],
        call_next: CallNext[ListToolsRequest, Sequence[Tool]],
    ) -> Sequence[Tool]:
        """List the tools.

        Args:
            context: The request.
            call_next: Performs the request.

        Raises:
            MCPError: The token is not good.
        """
        record = begin_request()
        access, refusal = await self._access(record, self._settings.scopes)
        if access is None:
            raise MCPError(INVALID_REQUEST, self._refused(record, refusal))
        with _as_user(access):
            return await call_next(context)

    async def _access(self, record: RequestRecord, scopes: Sequence[str]) -> tuple[AccessToken | None, str]:
        """Return the token's access if the token is good for the scopes, or None and the text for the client."""
        try:
            access, refusal = await self._look(record, scopes)
            if access is None and self._credentials.renew():
                access, refusal = await self._look(record, scopes)
        except AuthorizationServerError as error:
            record.reason = error.reason
            return None, _UNAVAILABLE
        return access, refusal

    async def _look(self, record: RequestRecord, scopes: Sequence[str]) -> tuple[AccessToken | None, str]:
        record.reason = None
        access = await self._verifier.verify_token(self._credentials.token)
        if access is None:
            return None, _REFUSED
        if lacking := sorted({*scopes} - {*access.scopes}):
            record.reason = "insufficient_scope"
            return None, _LACKING.format(" ".join(lacking))
        return access, ""

    def _refused(self, record: RequestRecord, refusal: str) -> str:
        self._audit.refusal(record, status=None, duration_ms=record.elapsed_ms())
        return f"{refusal} Correlation id: {record.correlation_id}"


@contextmanager
def _as_user(access: AccessToken) -> Iterator[None]:
    """Set the caller's identity for the inner layers."""
    before = auth_context_var.set(AuthenticatedUser(access))
    try:
        yield
    finally:
        auth_context_var.reset(before)


async def serve(settings: Settings, credentials: Credentials) -> None:
    """Serve until the client closes standard input.

    Args:
        settings: The settings of the server; the settings of HTTP have no effect.
        credentials: The source of the token.

    Raises:
        SettingsError: The token is refused.
    """
    # Standard output belongs to the protocol.
    audit = AuditTrail(settings.audit_file, otherwise=sys.stderr)
    verifier = build_verifier(settings)
    try:
        gate = Gate(settings, audit, verifier, credentials)
        await gate.refuse_to_start()
        sys.stderr.write(f"{settings.name} serves on standard input and output\n")
        await build_server(settings, audit, outermost=[gate]).run_stdio_async(show_banner=False)
    finally:
        await verifier.aclose()
