"""The server's refusals as a client sees them: status, ``WWW-Authenticate`` header and body of each.

401 and 403 come from the library's middleware, built in :func:`token_needed`; 400 and the 403 of a single tool are ours.
The reason for a token's refusal is in the audit trail only; :mod:`provision.server.claims` and the verifiers provide it.
Sources: RFC 6750 section 3, RFC 9728 section 5.1, MCP specification, "Authorization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmcp.server.auth.middleware import RequireAuthMiddleware
from pydantic import AnyHttpUrl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

HEADER = b"www-authenticate"
BODIES = {
    400: ("invalid_request", "The Authorization header is malformed."),
    401: ("invalid_token", "A valid access token for this resource is needed."),
    403: ("insufficient_scope", "The access token lacks a scope that this resource needs."),
    405: ("method_not_allowed", "This path does not take this method."),
    406: ("not_acceptable", "The Accept header must name application/json and text/event-stream."),
    408: ("request_timeout", "The request took too long to arrive."),
    429: ("too_many_requests", "This caller makes too many requests; try again later."),
    413: ("request_too_large", "The request is larger than this server takes."),
    415: ("unsupported_media_type", "The body must be of the type application/json, without an encoding."),
    421: ("misdirected_request", "The Host header does not name this server."),
    500: ("server_error", "The server failed to handle the request."),
    503: ("temporarily_unavailable", "Access tokens cannot be checked at the moment; try again."),
}
"""``error`` and ``error_description`` by status; a bad token gets no further detail."""
BODIES_BY_REASON = {
    "foreign_origin": ("forbidden_origin", "The Origin header names a site that may not call this server."),
    "shutting_down": ("temporarily_unavailable", "The server is shutting down; try again."),
    "too_busy": ("temporarily_unavailable", "The server has too many requests under way; try again."),
    "unknown_path": ("not_found", "There is nothing at this path."),
}
"""``error`` and ``error_description`` where the status alone does not tell them."""
REASONS = {
    400: "malformed_request",
    401: "no_token",
    403: "insufficient_scope",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    413: "request_too_large",
    415: "unsupported_media_type",
    421: "foreign_host",
    503: "too_busy",
}
"""The audit trail's reason for a status if nothing more specific is known."""


def token_needed(app: ASGIApp, scopes: list[str], resource_metadata: str) -> ASGIApp:
    """Wrap an application so that it needs a good token: 401 without one, 403 if the token lacks a scope.

    Args:
        app: The application.
        scopes: The scopes that every request needs; both challenges name them.
        resource_metadata: The URL of the protected resource metadata, which both challenges name.
    """
    guarded: ASGIApp = RequireAuthMiddleware(app, scopes, AnyHttpUrl(resource_metadata), scopes)
    return guarded


def malformed(resource_metadata: str) -> bytes:
    """Return the challenge for malformed credentials."""
    return f'Bearer error="invalid_request", resource_metadata="{resource_metadata}"'.encode()


def further_scopes_needed(scopes: Iterable[str], resource_metadata: str) -> bytes:
    """Return the step-up challenge for a call whose tool needs more scopes than the token grants."""
    asked = " ".join(scopes)
    return f'Bearer error="insufficient_scope", scope="{asked}", resource_metadata="{resource_metadata}"'.encode()
