"""The reference server as one ASGI application: its tools behind the guard (:mod:`provision.server.guard`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastmcp.exceptions import FastMCPError, ToolError
from fastmcp.server.http import create_streamable_http_app
from fastmcp.server.middleware import Middleware
from fastmcp.server.server import FastMCP
from mcp.server.auth.middleware.auth_context import get_access_token

from provision.server.audit import current_request
from provision.server.guard import Guard
from provision.server.settings import SettingsError
from provision.server.tools import tools

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import httpx2
    from fastmcp.server.middleware import CallNext, MiddlewareContext
    from fastmcp.tools.base import ToolResult
    from mcp_types import CallToolRequestParams
    from starlette.types import ASGIApp

    from provision.server.audit import AuditTrail
    from provision.server.settings import Settings


class AuditedTools(Middleware):
    """Middleware that notes every tool call and hides the text of an unforeseen error from the client.

    Args:
        audit: The audit trail for the calls.
        tool_scopes: The further scopes of each tool that needs any; a call without them has bypassed the HTTP layer
            (:mod:`provision.server.tool_scopes`), which answers with a challenge.
    """

    def __init__(self, audit: AuditTrail, tool_scopes: Mapping[str, Collection[str]]) -> None:
        self._audit = audit
        self._tool_scopes = tool_scopes

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
            ToolError: The call failed in a way that the client must not see; the text holds the correlation id.
        """
        record = current_request()
        started = time.perf_counter()
        outcome = "error"
        access = get_access_token()
        try:
            if {*self._tool_scopes.get(context.message.name, ())} - {*(access.scopes if access else ())}:
                raise ToolError("The access token lacks a scope that this tool needs.")
            result = await call_next(context)
            outcome = "ok"
        except FastMCPError as error:
            # The library wraps errors that a tool did not raise on purpose; the client may see that its arguments were wrong.
            if error.__cause__ is None or not isinstance(error, ToolError):
                raise
            self._audit.error(record, error.__cause__)
            raise ToolError(f"The tool failed. Correlation id: {record.correlation_id}") from None
        finally:
            duration_ms = (time.perf_counter() - started) * 1000
            self._audit.tool_call(record, tool=context.message.name, outcome=outcome, duration_ms=duration_ms)
        return result


class NoState:
    """The empty session state of a server without sessions."""

    async def get(self, **_: object) -> None:
        """Return None."""

    async def put(self, **_: object) -> None:
        """Raise an error, because no later request could find the value."""
        raise ToolError("This server keeps no session state.")

    async def delete(self, **_: object) -> bool:
        """Return False: nothing is stored."""
        return False


class StatelessServer(FastMCP[Any]):
    """FastMCP without session state, whose store costs the first caller a fifth of a second of imports."""

    @property
    def _state_store(self) -> Any:
        return NoState()


def build_server(
    settings: Settings, audit: AuditTrail, *, outermost: Sequence[Middleware] = (), **options: Any
) -> FastMCP[Any]:
    """Build the server with its tools, without a transport.

    Args:
        settings: The settings of the server.
        audit: The audit trail for the calls.
        outermost: The middleware that sees a request first.
        options: Further arguments of the library's server.

    Raises:
        SettingsError: A tool in ``tool_scopes`` does not exist.
    """
    offered = tools()
    if unknown := sorted(settings.tool_scopes.keys() - {tool.name for tool in offered}):
        raise SettingsError([f"tool_scopes: there is no tool {unknown[0]}"])
    return StatelessServer(
        settings.name,
        middleware=[*outermost, AuditedTools(audit, settings.tool_scopes)],
        tools=offered,
        mask_error_details=True,
        **options,
    )


def build_app(
    settings: Settings, audit: AuditTrail, transport: httpx2.AsyncBaseTransport | None = None
) -> ASGIApp:
    """Build the ASGI application.

    Args:
        settings: The settings of the server.
        audit: The audit trail for calls and refusals.
        transport: The transport to the authorization server; a test passes a stand-in.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
    """
    guard = Guard(settings, audit, [tool.name for tool in tools()], transport)

    app = create_streamable_http_app(
        server=build_server(settings, audit, auth=guard.protection),
        streamable_http_path=settings.path,
        stateless_http=True,
        debug=False,
    )
    return guard.around(app, methods=["POST", "DELETE"])
