"""An MCP server of your own behind the guard (:mod:`provision.server.guard`): any ASGI application, in one line.

Public as :func:`provision.server.serve` and :func:`provision.server.protect`.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from starlette.routing import Match

from provision.server.__main__ import run
from provision.server.answer import Answer
from provision.server.audit import current_request
from provision.server.guard import Guard
from provision.server.json_rpc import MESSAGE
from provision.server.tool_scopes import called

if TYPE_CHECKING:
    from collections.abc import Collection

    import httpx2
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from provision.server.audit import AuditTrail
    from provision.server.settings import Settings

_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def protect(
    app: ASGIApp,
    settings: Settings,
    audit: AuditTrail,
    transport: httpx2.AsyncBaseTransport | None = None,
    *,
    paths: Collection[str] = (),
) -> ASGIApp:
    """Put an application behind the checks of the reference server; every request needs a good token.

    Nothing of the application but its MCP endpoint can be reached: any other path, and any other spelling of this one, is
    answered with 404.

    Args:
        app: An MCP server without authorization of its own, such as FastMCP's ``http_app()`` or the SDK's
            ``streamable_http_app()``; its MCP endpoint is where ``settings.url`` says, or there with a slash behind it.
        settings: The settings that the stack injects.
        audit: The audit trail for calls and refusals.
        transport: The transport to the authorization server; a test passes a stand-in.
        paths: Further paths of the application that callers may reach, each exactly as written. They need a token too, and
            what is posted to them must be a JSON-RPC message.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
        ValueError: A further path is none, or has characters that would have to be encoded.
    """
    if wrong := [path for path in paths if not _PATH.fullmatch(path)]:
        raise ValueError(f"{wrong[0]!r} is no path such as /reports/today")
    guard = Guard(settings, audit, settings.tool_scopes, transport)
    audited = CallAudit(_at_its_own_path(app, settings.path), audit)
    return guard.around(audited, methods=["GET", "POST", "DELETE"], paths=paths)


def serve(app: ASGIApp, *, paths: Collection[str] = ()) -> NoReturn:
    """Serve a protected application until a signal arrives, then end the process.

    The settings are in the file that ``MCP_SETTINGS_FILE`` names; the stack sets the variable.

    Args:
        app: See :func:`protect`.
        paths: See :func:`protect`.
    """
    file = os.environ.get("MCP_SETTINGS_FILE")
    if not file:
        sys.exit(
            "error: MCP_SETTINGS_FILE is not set; `provision up` sets it, or name a settings file in it."
        )
    sys.exit(run(Path(file), lambda settings, audit: protect(app, settings, audit, paths=paths)))


def _at_its_own_path(app: ASGIApp, path: str) -> ASGIApp:
    """Return an application that has its endpoint at a path, also if it has it there with a slash behind.

    Such a one, ``Mount("/mcp", …)`` for example, would redirect each request, and a client follows with its token wherever a
    redirect leads.
    """
    routes = getattr(app, "routes", ())
    request = {"type": "http", "method": "POST", "root_path": "", "headers": []}

    def serves(path: str) -> bool:
        return any(route.matches({**request, "path": path})[0] is Match.FULL for route in routes)

    if not routes or serves(path) or not serves(f"{path}/"):
        return app

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == path:
            scope = {**scope, "path": f"{path}/", "raw_path": f"{path}/".encode()}
        await app(scope, receive, send)

    return moved


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
        scope.pop("router", None)  # or the application would look for its URLs among the routes of the guard
        tool = called(scope.get(MESSAGE))
        if tool is None:
            await self._app(scope, receive, send)
            return
        answer = Answer(scope[MESSAGE].get("id"))

        async def noting(message: Message) -> None:
            answer.see(message)
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, noting)
        finally:
            duration_ms = (time.perf_counter() - started) * 1000
            self._audit.tool_call(
                current_request(), tool=tool, outcome=answer.outcome, duration_ms=duration_ms
            )
