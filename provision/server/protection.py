"""The server as an OAuth protected resource: its metadata (RFC 9728), and authentication by token.

An inner layer decides about access; the challenges are in :mod:`provision.server.challenge`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastmcp.server.auth import RemoteAuthProvider
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
from pydantic import AnyHttpUrl
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provision.server.audit import current_request
from provision.server.authorization_server import AuthorizationServerError, TooManyRefusalsError

if TYPE_CHECKING:
    from fastmcp.server.auth import TokenVerifier
    from starlette.authentication import AuthenticationError
    from starlette.requests import HTTPConnection, Request

    from provision.server.settings import Settings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
RETRY_AFTER_SECONDS = 2


class ProtectedResource(RemoteAuthProvider):
    """FastMCP's remote authorization, with the issuer as the exact string and an outage as 503.

    Args:
        settings: The settings of the server.
        verifier: Checks the tokens.
    """

    def __init__(self, settings: Settings, verifier: TokenVerifier) -> None:
        super().__init__(
            token_verifier=verifier,
            # Only for the library: an AnyHttpUrl adds a slash to an issuer without a path, see get_routes.
            authorization_servers=[AnyHttpUrl(settings.issuer)],
            base_url=settings.base_url,
            resource_name=settings.name,
        )
        self._settings = settings

    def get_routes(self, mcp_path: str | None = None) -> list[Route]:
        """Return the metadata at the path-inserted well-known URL and at the root one (RFC 9728 section 3.1).

        Args:
            mcp_path: The path of the MCP endpoint.
        """
        self.set_mcp_path(mcp_path)
        document = {
            "resource": self._settings.url,
            "authorization_servers": [self._settings.issuer],
            "scopes_supported": list(self._settings.scopes),
            "bearer_methods_supported": ["header"],
            "resource_name": self._settings.name,
        }
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=60"}

        async def metadata(_: Request) -> Response:
            return JSONResponse(document, headers=headers)

        return [
            Route(path, metadata, methods=["GET"]) for path in (f"{WELL_KNOWN}{mcp_path or ''}", WELL_KNOWN)
        ]

    def get_middleware(self) -> list[Middleware]:
        """Return the library's authentication, extended by 503 for an outage of the authorization server and 429."""
        return [
            Middleware(AuthenticationMiddleware, backend=BearerAuthBackend(self), on_error=_undecided),
            Middleware(AuthContextMiddleware),
        ]


def _undecided(_: HTTPConnection, error: AuthenticationError) -> Response:
    if isinstance(error, TooManyRefusalsError):
        current_request().reason = error.reason
        return Response(status_code=429, headers={"Retry-After": str(math.ceil(error.seconds))})
    reason = error.reason if isinstance(error, AuthorizationServerError) else type(error).__name__
    current_request().reason = reason
    return Response(status_code=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
