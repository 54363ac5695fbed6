"""Token verification by asking the authorization server (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier

from provision.server.audit import current_request
from provision.server.authorization_server import (
    AuthorizationServerError,
    WatchedTransport,
    http_client,
    http_transport,
    watching,
)
from provision.server.verifier import Verifier

if TYPE_CHECKING:
    import httpx2
    from fastmcp.server.auth import AccessToken
    from pydantic import SecretStr

    from provision.server.settings import Settings


class IntrospectionVerifier(Verifier):
    """A verifier that asks the authorization server about each token, or trusts its last answer for a few seconds.

    Args:
        settings: The settings of the server.
        secret: The secret of the introspection client.
        transport: The transport to the authorization server; a test passes a stand-in.
    """

    def __init__(
        self, settings: Settings, secret: SecretStr, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        url = settings.introspection_url or ""
        super().__init__(settings, http_client(WatchedTransport(transport or http_transport(url))))
        self._asked = IntrospectionTokenVerifier(
            introspection_url=url,
            client_id=settings.introspection_client_id or "",
            client_secret=secret,
            client_auth_method="client_secret_post",
            audience=settings.url,
            http_client=self._client,
        )

    async def _vouched_for(self, token: str, header: dict[str, Any] | None) -> AccessToken | None:
        del header
        with watching() as answer:
            access: AccessToken | None = await self._asked.verify_token(token)
        if answer.trouble is not None:
            raise AuthorizationServerError(answer.trouble)
        if answer.document is None:
            # The library gave up without asking, which is no verdict about the token.
            raise AuthorizationServerError("authorization_server_not_asked")
        claims = {"typ": answer.document.get("token_type"), **answer.document}
        if claims.get("active") is not True:
            current_request().reason = "inactive"
            return None
        if access is None:
            current_request().reason = self._refusal_reason(claims) or "inactive"
            return None
        access.claims.setdefault("typ", claims["typ"])
        return access

    async def trouble(self) -> str | None:
        """Return why tokens cannot be checked now, or None if they can."""
        with watching() as answer:
            await self._asked.verify_token("readiness")
        return answer.trouble or ("authorization_server_not_asked" if answer.document is None else None)
