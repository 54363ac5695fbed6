"""The part that both kinds of verifiers share: preliminary checks, the cache, the checks of the claims."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from fastmcp.server.auth import AccessToken, TokenVerifier
from pydantic_core import from_json

from provision._lib import loopback
from provision.server.allowance import Allowance
from provision.server.audit import current_request
from provision.server.authorization_server import TooManyRefusalsError
from provision.server.claims import ALGORITHMS, refusal_reason
from provision.server.token_cache import CACHE_ENTRIES, TokenCache

if TYPE_CHECKING:
    from collections.abc import Hashable

    import httpx2

    from provision.server.audit import RequestRecord
    from provision.server.settings import Settings

# A token may become good, so a refusal is believed for a moment only: long enough to ask once for a client that tries again.
_REFUSED_SECONDS = 1.0
# Tokens of one caller that were looked at and refused. A client has one token; who has a hundred bad ones is guessing.
_REFUSED_PER_MINUTE = 600
_REFUSED_AT_ONCE = 100
_PARTS = 3  # header, payload, signature


class Verifier(TokenVerifier, ABC):
    """A verifier that remembers for a few seconds that a token is genuine, and checks its claims each time.

    Scopes are declared, not enforced: the middleware answers a missing one with 403 ``insufficient_scope``.

    Args:
        settings: The settings of the server.
        client: The HTTP client for the authorization server.
    """

    def __init__(self, settings: Settings, client: httpx2.AsyncClient) -> None:
        super().__init__(required_scopes=list(settings.scopes))
        self._issuer = settings.issuer
        self._audience = settings.url
        self._client = client
        self._cache = TokenCache[AccessToken](seconds=settings.cache_seconds, entries=CACHE_ENTRIES)
        self._refused = TokenCache[str](
            seconds=min(_REFUSED_SECONDS, settings.cache_seconds), entries=CACHE_ENTRIES
        )
        self._callers = Allowance(per_minute=_REFUSED_PER_MINUTE, burst=_REFUSED_AT_ONCE)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the token's access, or None with the reason in the request's record.

        Raises:
            AuthorizationServerError: The authorization server is needed and gave no usable answer.
            TooManyRefusalsError: Too many tokens of the caller were refused.
        """
        record = current_request()
        access = self._cache.get(token)
        if access is None:
            access = await self._looked_at(token, record)
            if access is None:
                return None
        # A remembered token may have expired since.
        record.reason = self._refusal_reason(access.claims)
        if record.reason is not None:
            return None
        record.identify(access)
        return access

    async def _looked_at(self, token: str, record: RequestRecord) -> AccessToken | None:
        record.reason = self._refused.get(token)
        if record.reason is not None:
            return None
        header = jwt_header(token)
        # Without such a signature anybody can have made the token: it is not worth a question, and Keycloak 26.4 answers
        # such a token with an error of its own.
        if header is not None and header.get("alg") not in ALGORITHMS:
            record.reason = "forbidden_algorithm"
            return None
        caller = _caller(record)
        if caller is not None and (seconds := self._callers.to_wait(caller)):
            raise TooManyRefusalsError(seconds)
        access = await self._vouched_for(token, header)
        if access is not None:
            self._cache.put(token, access)
            return access
        if record.reason is not None:
            self._refused.put(token, record.reason)
        if caller is not None:
            self._callers.use(caller)
        return None

    @abstractmethod
    async def _vouched_for(self, token: str, header: dict[str, Any] | None) -> AccessToken | None:
        """Return the token's content, with its kind in the claim ``typ``; or None with the reason in the request's record.

        Args:
            token: The token.
            header: The token's header; None if the token is no JWT.

        Raises:
            AuthorizationServerError: The authorization server is needed and gave no usable answer.
        """

    @abstractmethod
    async def trouble(self) -> str | None:
        """Return why tokens cannot be checked now, or None if they can."""

    async def aclose(self) -> None:
        """Close the connections to the authorization server."""
        await self._client.aclose()

    def _refusal_reason(self, claims: dict[str, Any]) -> str | None:
        return refusal_reason(claims, issuer=self._issuer, audience=self._audience)


def _caller(record: RequestRecord) -> Hashable | None:
    """Return who pays for a refused token: a user of this machine, or another machine's address; None if unknown."""
    if record.ends is None:
        return None
    ours, theirs = record.ends
    user = loopback.user_at(theirs, ours)
    return theirs[0] if user is None else user


def jwt_header(token: str) -> dict[str, Any] | None:
    """Return the unverified header of a JWT, or None if the token is no JWT."""
    return _part(token, 0)


def jwt_payload(token: str) -> dict[str, Any] | None:
    """Return the unverified claims of a JWT, or None if the token is no JWT."""
    return _part(token, 1)


def _part(token: str, number: int) -> dict[str, Any] | None:
    """Return a part of a JWT as strict JSON: not too deep, and without numbers that JSON does not have."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return None
    try:
        text = base64.urlsafe_b64decode(parts[number] + "=" * (-len(parts[number]) % 4))
        document = from_json(text, allow_inf_nan=False)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
