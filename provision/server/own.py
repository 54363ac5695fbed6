"""An MCP server of your own behind the guard (:mod:`provision.server.guard`): any ASGI application, in one line.

Public as :func:`provision.server.serve` and :func:`provision.server.protect`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from provision.server.__main__ import run
from provision.server.audit import current_request
from provision.server.guard import Guard
from provision.server.json_rpc import MESSAGE
from provision.server.tool_scopes import called

if TYPE_CHECKING:
    import httpx2
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from provision.server.audit import AuditTrail
    from provision.server.settings import Settings


def protect(
    app: ASGIApp, settings: Settings, audit: AuditTrail, transport: httpx2.AsyncBaseTransport | None = None
) -> ASGIApp:
    """Put an application behind the checks of the reference server; every request needs a good token.

    Args:
        app: An MCP server without authorization of its own, such as FastMCP's ``http_app()`` or the SDK's
            ``streamable_http_app()``; its MCP endpoint is where ``settings.url`` says.
        settings: The settings that the stack injects.
        audit: The audit trail for calls and refusals.
        transport: The transport to the authorization server; a test passes a stand-in.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
    """
    guard = Guard(settings, audit, settings.tool_scopes, transport)
    return guard.around(CallAudit(app, audit), path=None)


def serve(app: ASGIApp) -> NoReturn:
    """Serve a protected application until a signal arrives, then end the process.

    The settings are in the file that ``MCP_SETTINGS_FILE`` names; the stack sets the variable.

    Args:
        app: See :func:`protect`.
    """
    file = os.environ.get("MCP_SETTINGS_FILE")
    if not file:
        sys.exit(
            "error: MCP_SETTINGS_FILE is not set; `provision up` sets it, or name a settings file in it."
        )
    sys.exit(run(Path(file), lambda settings, audit: protect(app, settings, audit)))


class CallAudit:
    """Middleware that notes every tool call for an application that keeps no audit trail itself.

    Args:
        app: The application.
        audit: The audit trail for the calls.
    """

    def __init__(self, app: ASGIApp, audit: AuditTrail) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note the tool that it calls."""
        tool = called(scope.get(MESSAGE))
        if tool is None:
            await self._app(scope, receive, send)
            return
        status: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, noting)
        finally:
            duration_ms = (time.perf_counter() - started) * 1000
            outcome = "ok" if status and status[0] < 400 else "error"  # noqa: PLR2004 - HTTP's border
            self._audit.tool_call(current_request(), tool=tool, outcome=outcome, duration_ms=duration_ms)
