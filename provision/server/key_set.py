"""The key set of the authorization server (RFC 7517): fetched and read seldom, however many key ids tokens name."""

from __future__ import annotations

import asyncio
import base64
from time import monotonic
from typing import TYPE_CHECKING, Any

from joserfc import jwk
from joserfc.errors import JoseError

from provision.server.authorization_server import AuthorizationServerError, watching

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

# Unknown key ids make the server fetch the key set at most this often, in seconds.
_KEYS_SECONDS = 1.0
# Tokens with an unknown key id that wait for the next fetch; more of them are told to come again (503).
_MOST_WAITING = 32
# A key that was withdrawn is forgotten after this time at the latest.
_KEPT_SECONDS = 3600.0
# RFC 7518 sections 3.3 and 3.5
_RSA_BITS = 2048
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}

_CLASSES: dict[str, type[jwk.RSAKey | jwk.ECKey | jwk.OKPKey]] = {
    "RSA": jwk.RSAKey,
    "EC": jwk.ECKey,
    "OKP": jwk.OKPKey,
}

Jwk = dict[str, Any]


class KeySet:
    """The keys of the authorization server.

    Args:
        url: The address of the key set.
        client: The HTTP client, whose transport watches the answers.
    """

    def __init__(self, url: str, client: httpx2.AsyncClient) -> None:
        self._url = url
        self._client = client
        self._keys: list[Jwk] = []
        self._read: dict[tuple[str | None, str], bytes | None] = {}
        self._fetched = -_KEPT_SECONDS
        self._begun = -_KEYS_SECONDS
        self._waiting = 0
        self._trouble: str | None = None
        self._lock = asyncio.Lock()

    async def key(self, kid: object, algorithm: str) -> bytes | None:
        """Return the public key for a token in PEM form, or None if the set has no such key.

        Args:
            kid: The key id that the token names; a token that names none needs a set with one key for the algorithm.
            algorithm: The algorithm that the token names.

        Raises:
            AuthorizationServerError: The key is not known, and the authorization server gave no key set.
        """
        name = kid if isinstance(kid, str) and kid else None
        found = self._find(name, algorithm)
        if found is not None:
            return found
        trouble = await self._fetched_after(monotonic())
        found = self._find(name, algorithm)
        if found is None and trouble is not None:
            raise AuthorizationServerError(trouble)
        return found

    async def trouble(self) -> str | None:
        """Return why the key set cannot be had now, or None if it can; it is fetched unless that was done just now."""
        async with self._lock:
            if monotonic() >= self._begun + _KEYS_SECONDS:
                await self._fetch()
        return self._trouble

    async def _fetched_after(self, arrival: float) -> str | None:
        """Wait for a fetch that began after a token had come, and return why it failed, if it did.

        The authorization server may sign with a new key at any moment, so only a key set that is younger than the token
        shows that there is no such key. One fetch answers all tokens that wait for it; more tokens have to come again.
        """
        if self._waiting >= _MOST_WAITING:
            return "key_set_busy"
        self._waiting += 1
        try:
            async with self._lock:
                wait = self._begun + _KEYS_SECONDS - monotonic()
                if self._begun > arrival or (wait > 0 and self._trouble is not None):
                    return self._trouble
                if wait > 0:
                    await asyncio.sleep(wait)
                await self._fetch()
                return self._trouble
        finally:
            self._waiting -= 1

    def _find(self, kid: str | None, algorithm: str) -> bytes | None:
        if monotonic() - self._fetched >= _KEPT_SECONDS:
            return None
        fitting = [key for key in self._keys if kid in (None, key.get("kid")) and _fits(key, algorithm)]
        if not fitting or (kid is None and len(fitting) > 1):
            return None
        place = (kid, algorithm)
        if place not in self._read:
            self._read[place] = _pem(fitting[-1])
        return self._read[place]

    async def _fetch(self) -> None:
        self._begun = monotonic()
        with watching() as answer:
            try:
                await self._client.get(self._url)
            except Exception as error:  # noqa: BLE001 - whatever it is, the keys are not here
                answer.trouble = answer.trouble or f"authorization_server_unreachable:{type(error).__name__}"
        keys = (answer.document or {}).get("keys")
        if answer.trouble is None and not isinstance(keys, list):
            answer.trouble = "authorization_server_answer:not_a_key_set"
        self._trouble = answer.trouble
        if self._trouble is None:
            self._keys = [key for key in keys or [] if isinstance(key, dict)]
            self._read = {}
            self._fetched = monotonic()


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Return whether a key may verify signatures of an algorithm (RFC 7517 sections 4.1 to 4.4)."""
    operations = key.get("key_ops", ["verify"])
    return (
        key.get("kty") == _KEY_TYPES[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
    )


def _pem(key: Jwk) -> bytes | None:
    """Return a public key in PEM form; None for a broken one and for an RSA key that is too short."""
    try:
        if key["kty"] == "RSA" and _bits(key["n"]) < _RSA_BITS:
            return None
        pem: bytes = _CLASSES[key["kty"]].import_key(key).as_pem(private=False)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return pem


def _bits(number: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()
