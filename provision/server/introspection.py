"""Token verification by asking the authorization server (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier

from provision.server.audit import current_request
from provision.server.authorization_server import (
    AuthorizationServerError,
    WatchedTransport,
    http_client,
    http_transport,
    watching,
)
from provision.server.settings import SettingsError
from provision.server.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastmcp.server.auth import AccessToken
    from pydantic import SecretStr

    from provision.server.authorization_server import Answer
    from provision.server.settings import Settings


class IntrospectionVerifier(Verifier):
    """A verifier that asks the authorization server about each token, or trusts its last answer for a few seconds.

    When the authorization server no longer accepts the server's own secret (RFC 7662, section 2.3), the secret is read
    again, and the question asked again if the secret is another one. So a secret can be replaced without a restart and
    without a failed call: the new one is written first, and the authorization server gets it then.

    Args:
        settings: The settings of the server.
        read_secret: Returns the present secret of the introspection client; raises `SettingsError` if there is none.
        transport: The transport to the authorization server; a test passes a stand-in.

    Raises:
        SettingsError: There is no secret.
    """

    def __init__(
        self,
        settings: Settings,
        read_secret: Callable[[], SecretStr],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        url = settings.introspection_url or ""
        super().__init__(
            settings,
            http_client(
                WatchedTransport(transport or http_transport(url, settings.authorization_server_ca_file))
            ),
        )
        self._settings = settings
        self._read_secret = read_secret
        self._secret = read_secret()
        self._asked = self._with_secret()

    def _with_secret(self) -> IntrospectionTokenVerifier:
        return IntrospectionTokenVerifier(
            introspection_url=self._settings.introspection_url or "",
            client_id=self._settings.introspection_client_id or "",
            client_secret=self._secret,
            client_auth_method="client_secret_post",
            audience=self._settings.url,
            http_client=self._client,
        )

    async def _ask(self, token: str) -> tuple[AccessToken | None, Answer]:
        """Return the library's verdict and the answer behind it, with the present secret."""
        asked = self._asked
        with watching() as answer:
            access: AccessToken | None = await asked.verify_token(token)
        if answer.status != httpx2.codes.UNAUTHORIZED or not self._has_changed_since(asked):
            return access, answer
        with watching() as answer:
            access = await self._asked.verify_token(token)
        return access, answer

    def _has_changed_since(self, asked: IntrospectionTokenVerifier) -> bool:
        """Return whether there is another secret than the one that was sent; a concurrent request may have read it."""
        if self._asked is not asked:
            return True
        try:
            secret = self._read_secret()
        except SettingsError:  # it is being written; the next request looks again
            return False
        if secret == self._secret:
            return False
        self._secret = secret
        self._asked = self._with_secret()
        return True

    async def _vouched_for(self, token: str, header: dict[str, Any] | None) -> AccessToken | None:
        del header
        access, answer = await self._ask(token)
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
        _, answer = await self._ask("readiness")
        return answer.trouble or ("authorization_server_not_asked" if answer.document is None else None)
