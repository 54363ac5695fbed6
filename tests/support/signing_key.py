"""Keys of a test's own, which can sign any token (RFC 7515, RFC 7519)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from provision.keycloak.objects.realm_key import PROVIDER_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provision.keycloak.api.session import Session

_BELOW_THE_REALMS_OWN = "-10"
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
# RFC 7518 sections 3.3 and 3.5
_ALGORITHMS = {
    "RS256": (padding.PKCS1v15(), hashes.SHA256()),
    "RS512": (padding.PKCS1v15(), hashes.SHA512()),
    "PS256": (_PSS, hashes.SHA256()),
}


class SigningKey:
    """An RSA key that no realm vouches for until it is published.

    Args:
        provider: Keycloak's type of key provider: ``rsa`` publishes the key for signatures (RS256), ``rsa-enc`` for
            encryption.
    """

    def __init__(self, provider: str = "rsa") -> None:
        self._private = rsa.generate_private_key(65537, 2048)
        self._provider = provider
        self.kid = "a-key-that-nobody-knows"

    @property
    def component(self) -> dict[str, Any]:
        """The key as a realm's key provider, which signs no token while the realm has another active key."""
        pem = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "name": f"the test's own {self._provider}",
            "providerId": self._provider,
            "config": {"privateKey": [pem.decode()], "priority": [_BELOW_THE_REALMS_OWN]},
        }

    @property
    def jwk(self) -> dict[str, str]:
        """The public half of the key (RFC 7518 section 6.3.1)."""
        numbers = self._private.public_key().public_numbers()
        n, e = (_b64(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, "n": n, "e": e}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Return a signed token.

        Args:
            claims: The token's claims.
            header: Replacing header parameters; ``alg`` is obeyed.
        """
        names = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **header}
        return compact(names, claims, lambda data: self._private.sign(data, *_ALGORITHMS[names["alg"]]))

    @contextmanager
    def published(self, session: Session, realm: str) -> Iterator[SigningKey]:
        """Publish the key in a realm: Keycloak's own checks and the key set (RFC 7517) then know it."""
        body = {**self.component, "providerType": PROVIDER_TYPE, "parentId": session.realm_id(realm)}
        component = session.post(realm, "components", body=body)
        try:
            keys = session.get(realm, "keys")["keys"]
            self.kid = next(key["kid"] for key in keys if key.get("providerId") == component)
            yield self
        finally:
            session.delete(realm, "components", component)


def compact(header: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Return a JWT in compact form, made of any header and claims (RFC 7515 section 3.1)."""
    data = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{data}.{_b64(sign(data.encode()))}"


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    """Return a function that signs with HMAC (RFC 7518 section 3.2)."""
    return lambda data: hmac.digest(secret, data, hashlib.sha256)


def header_of(token: str) -> dict[str, Any]:
    """Return the header of a JWT."""
    return _part(token, 0)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a JWT."""
    return _part(token, 1)


def _part(token: str, number: int) -> dict[str, Any]:
    part = token.split(".")[number]
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return document


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
