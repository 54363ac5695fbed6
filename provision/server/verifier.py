"""The part that both kinds of verifiers share: preliminary checks, the cache, the checks of the claims."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.utilities.auth import decode_jwt_header, decode_jwt_payload

from provision.server.audit import current_request
from provision.server.claims import ALGORITHMS, refusal_reason
from provision.server.token_cache import CACHE_ENTRIES, TokenCache

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from provision.server.settings import Settings


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
        self._cache = TokenCache(seconds=settings.cache_seconds, entries=CACHE_ENTRIES)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the token's access, or None with the reason in the request's record.

        Raises:
            AuthorizationServerError: The authorization server is needed and gave no usable answer.
        """
        record = current_request()
        access = self._cache.get(token)
        if access is None:
            header = jwt_header(token)
            # Without such a signature anybody can have made the token: it is not worth a question, and Keycloak 26.4 answers
            # such a token with an error of its own.
            if header is not None and header.get("alg") not in ALGORITHMS:
                record.reason = "forbidden_algorithm"
                return None
            access = await self._vouched_for(token, header)
            if access is None:
                return None
            self._cache.put(token, access)
        # A remembered token may have expired since.
        record.reason = self._refusal_reason(access.claims)
        if record.reason is not None:
            return None
        record.identify(access)
        return access

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


def jwt_header(token: str) -> dict[str, Any] | None:
    """Return the unverified header of a JWT, or None if the token is no JWT."""
    return _part(decode_jwt_header, token)


def jwt_payload(token: str) -> dict[str, Any] | None:
    """Return the unverified claims of a JWT, or None if the token is no JWT."""
    return _part(decode_jwt_payload, token)


def _part(decode: Callable[[str], dict[str, Any]], token: str) -> dict[str, Any] | None:
    try:
        part = decode(token)
    except (ValueError, TypeError, RecursionError):
        return None
    return part if isinstance(part, dict) else None
