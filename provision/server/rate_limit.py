"""How many requests one subject may make: HTTP 429 with ``Retry-After`` for more (RFC 6585 section 4)."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

from fastmcp.server.middleware.rate_limiting import TokenBucketRateLimiter
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser

from provision.server.audit import current_request

if TYPE_CHECKING:
    from mcp.server.auth.provider import AccessToken
    from starlette.types import ASGIApp, Receive, Scope, Send

SUBJECTS = 4096
"""So many are counted at once; the one that was quiet longest is forgotten first."""


class RateLimit:
    """Counts the requests of each verified subject; who has no good token is not counted, and is answered further in.

    Args:
        app: What handles the request.
        per_minute: Requests that a subject may make in a minute, in the long run.
        burst: Requests that it may make at once.
    """

    def __init__(self, app: ASGIApp, *, per_minute: int, burst: int) -> None:
        self._app = app
        self._per_second = per_minute / 60
        self._burst = burst
        self._buckets: OrderedDict[tuple[str, str], TokenBucketRateLimiter] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        user = scope.get("user")
        if not isinstance(user, AuthenticatedUser):
            await self._app(scope, receive, send)
            return
        bucket = self._bucket(user.access_token)
        if await bucket.consume():
            await self._app(scope, receive, send)
            return
        current_request().reason = "rate_limited"
        seconds = max(1, math.ceil((1 - bucket.tokens) / self._per_second))
        headers = [(b"retry-after", str(seconds).encode())]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _bucket(self, access: AccessToken) -> TokenBucketRateLimiter:
        # Marked as one or the other: nobody gets a subject that is another one's client id.
        key = ("client", access.client_id) if access.subject is None else ("subject", access.subject)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucketRateLimiter(self._burst, self._per_second)
            if len(self._buckets) > SUBJECTS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket
