"""The limit on one subject's requests: HTTP 429 with ``Retry-After`` beyond it (RFC 6585 section 4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser

from provision.server.allowance import Allowance
from provision.server.audit import current_request

if TYPE_CHECKING:
    from mcp.server.auth.provider import AccessToken
    from starlette.types import ASGIApp, Receive, Scope, Send


class RateLimit:
    """Middleware that counts the requests of each verified subject; requests without a good token pass uncounted.

    Args:
        app: The handler of the request.
        per_minute: A subject's long-term limit of requests per minute.
        burst: A subject's limit of requests at once.
    """

    def __init__(self, app: ASGIApp, *, per_minute: int, burst: int) -> None:
        self._app = app
        self._allowance = Allowance(per_minute=per_minute, burst=burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        user = scope.get("user")
        seconds = self._to_wait(user.access_token) if isinstance(user, AuthenticatedUser) else 0
        if seconds <= 0:
            await self._app(scope, receive, send)
            return
        current_request().reason = "rate_limited"
        headers = [(b"retry-after", str(math.ceil(seconds)).encode())]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _to_wait(self, access: AccessToken) -> float:
        # Prefixed by kind: no subject can share the key of another one's client id.
        key = ("client", access.client_id) if access.subject is None else ("subject", access.subject)
        return self._allowance.use(key)
