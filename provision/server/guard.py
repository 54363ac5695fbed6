"""All the layers around an application (the reference server or your own), put together in order.

The edge (:mod:`provision.server.edge`) is outermost. Then come authentication (:mod:`provision.server.protection`), rate
and message checks, and the check of the token's scopes (:mod:`provision.server.challenge`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from provision.server.authorization_server import http_transport
from provision.server.challenge import token_needed
from provision.server.edge import Edge, Limits, Reached
from provision.server.protection import WELL_KNOWN, ProtectedResource
from provision.server.secret_file import read_secret
from provision.server.settings import SettingsError
from provision.server.web_pages import WebPages

if TYPE_CHECKING:
    from collections.abc import Collection

    import httpx2
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from provision.server.audit import AuditTrail
    from provision.server.metrics import Metrics
    from provision.server.settings import Settings
    from provision.server.verifier import Verifier

_SECRET_BYTES = 4096


class Guard:
    """The layers around an application, the reference server or your own: access checks and counters.

    Args:
        settings: The settings of the server.
        audit: The audit trail for calls and refusals.
        tools: The tools that are counted one by one.
        transport: The transport to the authorization server; None for the network.

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
            transport = self._metrics.counted(
                transport or http_transport(_asked_url(settings), settings.authorization_server_ca_file)
            )
        self._verifier = build_verifier(settings, transport)
        self.protection = ProtectedResource(settings, self._verifier)

    def around(self, app: ASGIApp, *, methods: Collection[str], paths: Collection[str] = ()) -> ASGIApp:
        """Return an application behind the checks; nothing of it but its endpoint and the given paths can be reached.

        Args:
            app: The application, without authorization of its own.
            methods: The methods that it takes.
            paths: The application's further paths.
        """
        settings, scopes = self._settings, list(self._settings.scopes)
        metadata = _resource_metadata(settings)
        guarded = token_needed(app, scopes, metadata)
        reached = [settings.path, *paths]
        public = self.protection.get_routes(settings.path)
        checked = Starlette(
            routes=[*public, *(Route(path, guarded, methods=list(methods)) for path in reached)],
            middleware=[*self.protection.get_middleware(), *_layers(settings)],
        )
        edge = Edge(
            checked,
            reached=Reached(
                paths=frozenset(reached),
                public=frozenset(route.path for route in public),
                methods=tuple(methods),
                scheme=urlsplit(settings.url).scheme,
                peers=not settings.behind_a_proxy,
            ),
            pages=WebPages(settings.url, settings.allowed_origins),
            resource_metadata=metadata,
            limits=Limits(bytes=settings.max_request_bytes, requests=settings.max_connections),
            audit=self._audit,
            metrics=self._metrics,
            trouble=self._verifier.trouble,
        )
        return _Protected(app, edge, self._verifier)

    def _counting(self, tools: Collection[str]) -> Metrics:
        from provision.server.metrics import Metrics

        metrics = Metrics(tools)
        self._audit.observed_by(metrics)
        return metrics


class _Protected:
    """An application whose requests pass the checks; its lifespan events bypass them."""

    def __init__(self, app: ASGIApp, edge: ASGIApp, verifier: Verifier) -> None:
        self._app = app
        self._edge = edge
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._edge(scope, receive, send)
            return

        async def ending(message: Message) -> None:
            # uvicorn takes the last message as the end of everything, and cancels what is still running.
            if message["type"] != "lifespan.startup.complete":
                await self._verifier.aclose()
            await send(message)

        await self._app(scope, receive, ending)


def _asked_url(settings: Settings) -> str:
    return (settings.jwks_url if settings.verifier == "jwt" else settings.introspection_url) or ""


def _resource_metadata(settings: Settings) -> str:
    """Return the URL of the protected resource metadata (RFC 9728 section 3.1)."""
    return settings.base_url + WELL_KNOWN + settings.path


def build_verifier(settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> Verifier:
    """Build the verifier of tokens.

    Args:
        settings: The settings of the server.
        transport: The transport to the authorization server; a test passes a stand-in.

    Raises:
        SettingsError: The secret of the introspection client cannot be read.
    """
    # Only the verifier in use is imported: the cryptography of the other costs start-up time.
    if settings.verifier == "jwt":
        from provision.server.jwt import SignatureVerifier

        return SignatureVerifier(settings, transport)
    from provision.server.introspection import IntrospectionVerifier

    name = "introspection_client_secret_file"
    file = settings.introspection_client_secret_file
    if file is None:
        raise SettingsError([f"{name}: is required"])
    return IntrospectionVerifier(settings, lambda: read_secret(name, file, most=_SECRET_BYTES), transport)


def _layers(settings: Settings) -> list[Middleware]:
    """Return the layers that an authenticated request passes, in order."""
    return [*_rate_limit(settings), *_messages(settings)]


def _rate_limit(settings: Settings) -> list[Middleware]:
    """Return the layer that counts a subject's requests, before a request is read."""
    if settings.requests_per_minute == 0:
        return []
    from provision.server.rate_limit import RateLimit

    return [Middleware(RateLimit, per_minute=settings.requests_per_minute, burst=settings.burst_requests)]


def _messages(settings: Settings) -> list[Middleware]:
    """Return the layers that check the message after the token: is it valid, and does its tool need further scopes?"""
    from provision.server.json_rpc import JsonRpcOnly

    json_rpc_only = Middleware(JsonRpcOnly)
    if not any(settings.tool_scopes.values()):
        return [json_rpc_only]
    from provision.server.tool_scopes import ToolScopes

    tool_scopes = Middleware(
        ToolScopes,
        scopes=settings.scopes,
        tool_scopes=settings.tool_scopes,
        resource_metadata=_resource_metadata(settings),
    )
    return [json_rpc_only, tool_scopes]
