"""Token verification by signature, with the key set of the authorization server (RFC 7517, RFC 9068)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx2
from fastmcp.server.auth.providers.jwt import JWTVerifier

from provision.server.audit import current_request
from provision.server.authorization_server import (
    AuthorizationServerError,
    WatchedTransport,
    http_client,
    http_transport,
    watching,
)
from provision.server.verifier import Verifier, jwt_payload

if TYPE_CHECKING:
    from fastmcp.server.auth import AccessToken

    from provision.server.settings import Settings

# Unknown key ids make the server fetch the key set at most this often, in seconds; a failed fetch is repeated sooner.
_KEYS_SECONDS = 10.0
_RETRY_SECONDS = 1.0


class SignatureVerifier(Verifier):
    """A verifier that checks each token's signature and claims itself; a revoked token is good until it expires.

    A good signature is remembered for a few seconds; the claims are checked each time.

    Args:
        settings: The settings of the server.
        transport: The transport to the authorization server; a test passes a stand-in.
    """

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._url = settings.jwks_url or ""
        self._transport = WatchedTransport(_SparingTransport(transport or http_transport(self._url)))
        self._by_algorithm: dict[str, JWTVerifier] = {}
        super().__init__(settings, http_client(self._transport))

    async def _vouched_for(self, token: str, header: dict[str, Any] | None) -> AccessToken | None:
        if header is None:
            current_request().reason = "not_a_jwt"
            return None
        with watching() as answer:
            access: AccessToken | None = await self._verifier(str(header["alg"])).verify_token(token)
        if access is not None:
            access.claims.setdefault("typ", _kind(header))
            return access
        claims = jwt_payload(token)
        if claims is None:
            current_request().reason = "not_a_jwt"
            return None
        if answer.trouble is not None:
            raise AuthorizationServerError(answer.trouble)
        # The signature is not verified: the claims serve only to name the reason.
        current_request().reason = self._refusal_reason({"typ": _kind(header), **claims}) or "bad_signature"
        return None

    def _verifier(self, algorithm: str) -> JWTVerifier:
        # One per algorithm, so that a token cannot choose another algorithm for a key.
        if algorithm not in self._by_algorithm:
            self._by_algorithm[algorithm] = JWTVerifier(
                jwks_uri=self._url,
                issuer=self._issuer,
                audience=self._audience,
                algorithm=algorithm,
                http_client=http_client(_KeysOf(algorithm, self._transport)),
                jwks_refresh_interval=0,
            )
        return self._by_algorithm[algorithm]

    async def trouble(self) -> str | None:
        """Return why tokens cannot be checked now, or None if they can."""
        with watching() as answer:
            try:
                await self._client.get(self._url)
            except httpx2.HTTPError:
                return answer.trouble or "authorization_server_unreachable"
        return answer.trouble


class _KeysOf(httpx2.AsyncBaseTransport):
    """A transport that keeps only the keys that may verify signatures of one algorithm (RFC 7517 sections 4.2 to 4.4)."""

    def __init__(self, algorithm: str, transport: httpx2.AsyncBaseTransport) -> None:
        self._algorithm = algorithm
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._transport.handle_async_request(request)
        if response.status_code != httpx2.codes.OK:
            return response
        try:
            keys = response.json()["keys"]
            fitting = [key for key in keys if self._fits(key)]
        except (ValueError, TypeError, KeyError, AttributeError):
            return response  # not a key set: the verifier finds no key in it
        return httpx2.Response(response.status_code, json={"keys": fitting}, request=request)

    def _fits(self, key: dict[str, Any]) -> bool:
        return (
            key.get("use", "sig") == "sig"
            and key.get("alg", self._algorithm) == self._algorithm
            and "verify" in key.get("key_ops", ["verify"])
        )


class _SparingTransport(httpx2.AsyncBaseTransport):
    """A transport that fetches the key set once for all requests within a few seconds, and repeats a failed fetch sooner."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._last: tuple[int, bytes] | str = ""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        async with self._lock:
            if time.monotonic() >= self._until:
                await self._fetch(request)
        if isinstance(self._last, str):
            raise httpx2.TransportError(self._last, request=request)
        status, content = self._last
        return httpx2.Response(status, content=content, request=request)

    async def _fetch(self, request: httpx2.Request) -> None:
        kept = _RETRY_SECONDS
        try:
            response = await self._transport.handle_async_request(request)
            self._last = (response.status_code, await response.aread())
            if response.status_code == httpx2.codes.OK:
                kept = _KEYS_SECONDS
        except Exception as error:  # noqa: BLE001 - whatever it is, the keys are not here
            self._last = type(error).__name__
        self._until = time.monotonic() + kept

    async def aclose(self) -> None:
        await self._transport.aclose()


def _kind(header: dict[str, Any]) -> str | None:
    """Return the value of Keycloak's claim ``typ`` for a token that names its type in the header (RFC 9068 section 4)."""
    typ = header.get("typ")
    is_access_token = isinstance(typ, str) and typ.lower() in {"at+jwt", "application/at+jwt"}
    return "Bearer" if is_access_token else None
