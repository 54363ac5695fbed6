"""Puts the server together, from its settings to one ASGI application."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastmcp.exceptions import FastMCPError, ToolError
from fastmcp.server.http import create_streamable_http_app
from fastmcp.server.middleware import Middleware
from fastmcp.server.server import FastMCP
from mcp.server.auth.middleware.auth_context import get_access_token

from provision.server.audit import current_request
from provision.server.authorization_server import http_transport
from provision.server.edge import Edge
from provision.server.protection import WELL_KNOWN, ProtectedResource
from provision.server.secret_file import read_secret
from provision.server.settings import SettingsError
from provision.server.tools import tools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    import httpx2
    from fastmcp.server.middleware import CallNext, MiddlewareContext
    from fastmcp.tools.base import ToolResult
    from mcp_types import CallToolRequestParams
    from starlette.middleware import Middleware as HttpMiddleware
    from starlette.types import ASGIApp

    from provision.server.audit import AuditTrail
    from provision.server.metrics import Metrics
    from provision.server.settings import Settings
    from provision.server.verifier import Verifier

_SECRET_BYTES = 4096


class AuditedTools(Middleware):
    """Notes every tool call, and keeps the text of an unforeseen error from the client.

    Args:
        audit: Where calls are noted.
        tool_scopes: The further scopes of each tool that needs some; a call without them came past the HTTP layer
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
            call_next: Does the call.

        Raises:
            ToolError: The call failed in a way that the client must not see; it gets the correlation id.
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
            # The library wraps what a tool did not raise on purpose; wrong arguments are the client's own to see.
            if error.__cause__ is None or not isinstance(error, ToolError):
                raise
            self._audit.error(record, error.__cause__)
            raise ToolError(f"The tool failed. Correlation id: {record.correlation_id}") from None
        finally:
            duration_ms = (time.perf_counter() - started) * 1000
            self._audit.tool_call(record, tool=context.message.name, outcome=outcome, duration_ms=duration_ms)
        return result


class NoState:
    """The session state of a server without sessions: there is none."""

    async def get(self, **_: object) -> None:
        """Return nothing."""

    async def put(self, **_: object) -> None:
        """Refuse to keep what no later request could find."""
        raise ToolError("This server keeps no session state.")

    async def delete(self, **_: object) -> bool:
        """Return that there was nothing to delete."""
        return False


class StatelessServer(FastMCP[Any]):
    """FastMCP without session state, whose store costs the first caller a fifth of a second of imports."""

    @property
    def _state_store(self) -> Any:
        return NoState()


def build_server(
    settings: Settings, audit: AuditTrail, *, outermost: Sequence[Middleware] = (), **options: Any
) -> FastMCP[Any]:
    """Build the server with its tools, without a way to reach it.

    Args:
        settings: The settings of the server.
        audit: Where calls are noted.
        outermost: What sees a request first.
        options: Further arguments of the library's server.

    Raises:
        SettingsError: A tool that needs scopes does not exist.
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
        audit: Where calls and refusals are noted.
        transport: How the authorization server is reached; a test puts a stand-in here.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
    """
    guard = Guard(settings, audit, [tool.name for tool in tools()], transport)

    @asynccontextmanager
    async def lifespan(_: FastMCP[Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
        finally:
            await guard.verifier.aclose()

    server = build_server(settings, audit, auth=guard.protection, lifespan=lifespan)
    app = create_streamable_http_app(
        server=server,
        streamable_http_path=settings.path,
        auth=guard.protection,
        stateless_http=True,
        debug=False,
        middleware=layers(settings),
        host_origin_protection=True,
        allowed_hosts=[urlsplit(settings.url).hostname or ""],
        allowed_origins=list(settings.allowed_origins),
    )
    return guard.edge(app, path=settings.path)


class Guard:
    """What stands around an application, the reference server or another: who is let in, and what is counted.

    Args:
        settings: The settings of the server.
        audit: Where calls and refusals are noted.
        tools: The tools that are counted one by one.
        transport: How the authorization server is reached; over the network when None.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        audit: AuditTrail,
        tools: Collection[str],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._metrics = self._counting(tools) if settings.metrics else None
        if self._metrics is not None:
            transport = self._metrics.counted(transport or http_transport(_asked_url(settings)))
        self.verifier = build_verifier(settings, transport)
        self.protection = ProtectedResource(settings, self.verifier)
        self.resource_metadata = settings.base_url + WELL_KNOWN + settings.path

    def edge(self, app: ASGIApp, *, path: str | None) -> Edge:
        """The outermost layer around an application.

        Args:
            app: The application with authorization inside.
            path: The only path that looks at credentials; None when every path does.
        """
        return Edge(
            app,
            path=path,
            resource_metadata=self.resource_metadata,
            max_request_bytes=self._settings.max_request_bytes,
            audit=self._audit,
            metrics=self._metrics,
            trouble=self.verifier.trouble,
        )

    def _counting(self, tools: Collection[str]) -> Metrics:
        from provision.server.metrics import Metrics

        metrics = Metrics(tools)
        self._audit.observed_by(metrics)
        return metrics


def _asked_url(settings: Settings) -> str:
    return (settings.jwks_url if settings.verifier == "jwt" else settings.introspection_url) or ""


def build_verifier(settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> Verifier:
    """Build what checks tokens.

    Args:
        settings: The settings of the server.
        transport: How the authorization server is reached; a test puts a stand-in here.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
    """
    # Only the one in use is imported: the cryptography of the other costs start-up time.
    if settings.verifier == "jwt":
        from provision.server.jwt import SignatureVerifier

        return SignatureVerifier(settings, transport)
    from provision.server.introspection import IntrospectionVerifier

    name = "introspection_client_secret_file"
    if settings.introspection_client_secret_file is None:
        raise SettingsError([f"{name}: is required"])
    secret = read_secret(name, settings.introspection_client_secret_file, most=_SECRET_BYTES)
    return IntrospectionVerifier(settings, secret, transport)


def layers(settings: Settings) -> list[HttpMiddleware]:
    """What a request passes once it is known who makes it, in this order.

    Args:
        settings: The settings of the server.
    """
    return [*_cross_origin(settings), *_rate_limit(settings), *_messages(settings)]


def _rate_limit(settings: Settings) -> list[HttpMiddleware]:
    """Count the requests of a subject, as soon as it is known and before its request is read."""
    if settings.requests_per_minute == 0:
        return []
    from starlette.middleware import Middleware as HttpMiddleware

    from provision.server.rate_limit import RateLimit

    return [HttpMiddleware(RateLimit, per_minute=settings.requests_per_minute, burst=settings.burst_requests)]


def _messages(settings: Settings) -> list[HttpMiddleware]:
    """Look at the message itself, after the token was looked at: is it one, and does its tool need further scopes."""
    from starlette.middleware import Middleware as HttpMiddleware

    from provision.server.json_rpc import JsonRpcOnly

    json_rpc_only = HttpMiddleware(JsonRpcOnly, path=settings.path)
    if not any(settings.tool_scopes.values()):
        return [json_rpc_only]
    from provision.server.tool_scopes import ToolScopes

    tool_scopes = HttpMiddleware(
        ToolScopes,
        scopes=settings.scopes,
        tool_scopes=settings.tool_scopes,
        resource_metadata=settings.base_url + WELL_KNOWN + settings.path,
    )
    return [json_rpc_only, tool_scopes]


def _cross_origin(settings: Settings) -> list[HttpMiddleware]:
    """Let scripts of the allowed origins read the answers; the origin check itself is not here."""
    if not settings.allowed_origins:
        return []
    from starlette.middleware import Middleware as HttpMiddleware
    from starlette.middleware.cors import CORSMiddleware

    return [
        HttpMiddleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=[
                "WWW-Authenticate",
                "Retry-After",
                "X-Correlation-ID",
                "Mcp-Session-Id",
                "MCP-Protocol-Version",
            ],
        )
    ]
