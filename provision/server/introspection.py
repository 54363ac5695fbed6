"""Token verification by asking the authorization server (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier
from fastmcp.utilities.auth import decode_jwt_header

from provision.server.audit import current_request
from provision.server.authorization_server import (
    AuthorizationServerError,
    WatchedTransport,
    http_client,
    http_transport,
    watching,
)
from provision.server.claims import ALGORITHMS, refusal_reason
from provision.server.token_cache import CACHE_ENTRIES, TokenCache

if TYPE_CHECKING:
    import httpx2
    from pydantic import SecretStr

    from provision.server.settings import Settings


class IntrospectionVerifier(TokenVerifier):
    """Asks the authorization server about each token, or believes its last answer for a few seconds.

    Scopes are declared, not enforced: the middleware answers a missing one with 403 ``insufficient_scope``.

    Args:
        settings: The settings of the server.
        secret: The secret of the introspection client.
        transport: How the authorization server is reached; a test puts a stand-in here.
    """

    def __init__(
        self, settings: Settings, secret: SecretStr, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        super().__init__(required_scopes=list(settings.scopes))
        self._url = settings.introspection_url or ""
        self._issuer = settings.issuer
        self._audience = settings.url
        self._credentials = {
            "client_id": settings.introspection_client_id or "",
            "client_secret": secret,
        }
        self._client = http_client(WatchedTransport(transport or http_transport(self._url)))
        self._asked = IntrospectionTokenVerifier(
            introspection_url=self._url,
            client_id=settings.introspection_client_id or "",
            client_secret=secret,
            client_auth_method="client_secret_post",
            audience=settings.url,
            http_client=self._client,
        )
        self._cache = TokenCache(seconds=settings.cache_seconds, entries=CACHE_ENTRIES)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return what the token gives access to, or None with the reason in the request's record.

        Raises:
            AuthorizationServerError: The authorization server gave no usable answer.
        """
        access = self._cache.get(token)
        if access is None:
            if not _may_be_signed(token):
                current_request().reason = "forbidden_algorithm"
                return None
            access = await self._introspect(token)
            if access is None:
                return None
            self._cache.put(token, access)
        record = current_request()
        # A remembered token may have expired since.
        record.reason = self._refusal_reason(access.claims)
        if record.reason is not None:
            return None
        record.identify(access)
        return access

    async def _introspect(self, token: str) -> AccessToken | None:
        with watching() as answer:
            access: AccessToken | None = await self._asked.verify_token(token)
        if answer.trouble is not None:
            raise AuthorizationServerError(answer.trouble)
        if answer.document is None:
            # The library gave up without asking, which says nothing about the token.
            raise AuthorizationServerError("authorization_server_not_asked")
        claims = answer.document
        if claims.get("active") is not True:
            current_request().reason = "inactive"
            return None
        if access is None:
            current_request().reason = self._refusal_reason(claims) or "inactive"
        return access

    def _refusal_reason(self, claims: dict[str, object]) -> str | None:
        return refusal_reason(
            claims,
            issuer=self._issuer,
            audience=self._audience,
            typ=claims.get("typ", claims.get("token_type")),
        )

    async def trouble(self) -> str | None:
        """Say why tokens cannot be checked now, or None when they can."""
        with watching() as answer:
            await self._asked.verify_token("readiness")
        return answer.trouble or ("authorization_server_not_asked" if answer.document is None else None)

    async def aclose(self) -> None:
        """Close the connections to the authorization server."""
        await self._client.aclose()


def _may_be_signed(token: str) -> bool:
    """Whether the token is opaque or a JWT with a signature that only the authorization server can make.

    One without is not worth a question, and Keycloak 26.4 answers it with a fault of its own.
    """
    try:
        header = decode_jwt_header(token)
    except (ValueError, TypeError, RecursionError):
        return True
    return not isinstance(header, dict) or header.get("alg") in ALGORITHMS
