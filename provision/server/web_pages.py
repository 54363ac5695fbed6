"""The web pages that may call the server, told by the headers ``Host`` and ``Origin``, and what their scripts may read.

Sources: RFC 9110 section 7.2 (Host), RFC 6454 section 7 (Origin), the Fetch standard, "CORS protocol";
MCP specification, "Streamable HTTP", security warning (DNS rebinding).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.server.values import ORIGIN, is_loopback

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Scope

    Headers = list[tuple[bytes, bytes]]

_HOST = re.compile(rb"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]*)?", re.IGNORECASE)
_HEADER_NAMES = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_UNSPECIFIED = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - addresses that name no host
_PREFLIGHT_SECONDS = b"600"
_READABLE = b"WWW-Authenticate, Retry-After, X-Correlation-ID, Mcp-Session-Id, MCP-Protocol-Version"


class WebPages:
    """The web pages that may call a server: pages of its own origin, of allowed origins, and on this machine.

    Args:
        url: The server's public URL.
        allowed: The origins that are allowed besides.
    """

    def __init__(self, url: str, allowed: Collection[str]) -> None:
        parts = urlsplit(url)
        self._names = _LOOPBACK | {parts.hostname or ""}
        self._allowed = frozenset({*allowed, f"{parts.scheme}://{parts.netloc}"})

    def host(self, scope: Scope) -> str | None:
        """Return the name by which the request addresses this server, or None if the name is not this server's.

        Args:
            scope: The request.
        """
        given = [value for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if match is None:
            return None
        name = (match[1] or match[2]).decode().lower()
        bound = (scope.get("server") or ("", None))[0]
        return name if name in self._names or (name == bound and name not in _UNSPECIFIED) else None

    def admits(self, origins: Collection[bytes], host: str) -> bool:
        """Return whether a request may come from the page that its ``Origin`` headers name.

        Args:
            origins: The values of the headers.
            host: The name by which the request addresses this server. Pages on this machine may call by a loopback name.
        """
        if len(origins) != 1:
            return not origins
        origin = next(iter(origins)).decode("latin-1")
        return origin in self._allowed or (host in _LOOPBACK and _is_on_this_machine(origin))


def _is_on_this_machine(origin: str) -> bool:
    if not origin.startswith(("http://", "https://")) or not re.fullmatch(ORIGIN, origin):
        return False
    return is_loopback(urlsplit(origin).hostname or "")


def readable_by(origin: bytes) -> Headers:
    """Return the headers that let scripts of an admitted origin read an answer.

    Args:
        origin: The value of the header ``Origin``.
    """
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _READABLE),
        (b"vary", b"Origin"),
    ]


def is_preflight(scope: Scope) -> bool:
    """Return whether a browser asks before a request of a page whether the page may make the request."""
    return scope["method"] == "OPTIONS" and any(
        name == b"access-control-request-method" for name, _ in scope["headers"]
    )


def preflight(scope: Scope, methods: Collection[str]) -> Headers:
    """Return the headers that permit what a preflight request asks for.

    Args:
        scope: The preflight request.
        methods: The methods that pages may use.
    """
    asked = next(
        (value for name, value in scope["headers"] if name == b"access-control-request-headers"), b""
    )
    named = [(b"access-control-allow-headers", asked)] if _HEADER_NAMES.fullmatch(asked) else []
    return [
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
        *named,
    ]
