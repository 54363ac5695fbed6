"""Token verification by signature, with the key set of the authorization server (RFC 7517, RFC 9068)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastmcp.server.auth.providers.jwt import JWTVerifier

from provision.server.audit import current_request
from provision.server.authorization_server import WatchedTransport, http_client, http_transport
from provision.server.key_set import KeySet
from provision.server.verifier import Verifier, jwt_payload

if TYPE_CHECKING:
    import httpx2
    from fastmcp.server.auth import AccessToken

    from provision.server.settings import Settings


class SignatureVerifier(Verifier):
    """A verifier that checks each token's signature and claims itself; a revoked token is good until it expires.

    A good signature is remembered for a few seconds; the claims are checked each time.

    Args:
        settings: The settings of the server.
        transport: The transport to the authorization server; a test passes a stand-in.
    """

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        url = settings.jwks_url or ""
        super().__init__(
            settings,
            http_client(
                WatchedTransport(transport or http_transport(url, settings.authorization_server_ca_file))
            ),
        )
        self._keys = KeySet(url, self._client)

    async def _vouched_for(self, token: str, header: dict[str, Any] | None) -> AccessToken | None:
        record = current_request()
        claims = jwt_payload(token)
        if header is None or claims is None:
            record.reason = "not_a_jwt"
            return None
        # What the token says of itself is looked at first: that costs nothing, and it names the reason.
        record.reason = self._refusal_reason({"typ": _kind(header), **claims})
        if record.reason is not None:
            return None
        algorithm = str(header["alg"])
        key = await self._keys.key(header.get("kid"), algorithm)
        access = None if key is None else await self._verifier(key, algorithm).verify_token(token)
        if access is None:
            record.reason = "bad_signature"
            return None
        access.claims.setdefault("typ", _kind(header))
        return access

    def _verifier(self, key: bytes, algorithm: str) -> JWTVerifier:
        # Bound to the algorithm, so that a token cannot choose another algorithm for a key.
        return JWTVerifier(public_key=key, issuer=self._issuer, audience=self._audience, algorithm=algorithm)

    async def trouble(self) -> str | None:
        """Return why tokens cannot be checked now, or None if they can."""
        return await self._keys.trouble()


def _kind(header: dict[str, Any]) -> str | None:
    """Return the value of Keycloak's claim ``typ`` for a token that names its type in the header (RFC 9068 section 4)."""
    typ = header.get("typ")
    is_access_token = isinstance(typ, str) and typ.lower() in {"at+jwt", "application/at+jwt"}
    return "Bearer" if is_access_token else None
