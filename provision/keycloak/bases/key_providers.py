"""Signing and encryption keys made here, for realms of dev and test stacks.

Keycloak takes seconds to make the RSA keys of a new realm; with key providers in its representation, a realm is created
in a fraction of that time. The keys exist in memory only until the realm is created. Source: Keycloak Server
Administration Guide, "Configuring realm keys".
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

_BITS = 2048
_ahead: list[Future[str]] = []


def make_ahead() -> None:
    """Make the two RSA keys of the next realm, in a thread of the caller, while the program waits."""
    promised: list[Future[str]] = [Future(), Future()]
    _ahead.extend(promised)
    for key in promised:
        try:
            key.set_result(_new_pem())
        except BaseException as error:
            key.set_exception(error)  # the thread that waits for the key gets the error
            raise


def key_providers() -> list[dict[str, Any]]:
    """Return the four providers that Keycloak would make: RS256, RSA-OAEP, HS512 and AES."""
    return [
        {
            "name": "rsa",
            "providerId": "rsa",
            "config": {**_common(), "privateKey": [_pem()], "keyUse": ["SIG"]},
        },
        {
            "name": "rsa-enc",
            "providerId": "rsa-enc",
            "config": {**_common(), "privateKey": [_pem()], "algorithm": ["RSA-OAEP"]},
        },
        {
            "name": "hmac-generated-hs512",
            "providerId": "hmac-generated",
            "config": {**_common(), "algorithm": ["HS512"]},
        },
        {"name": "aes-generated", "providerId": "aes-generated", "config": _common()},
    ]


def _common() -> dict[str, list[str]]:
    return {"priority": ["100"], "enabled": ["true"], "active": ["true"]}


def _pem() -> str:
    """Return a key that no other call gets: a key that was made ahead, or a new one."""
    try:
        return _ahead.pop().result()
    except IndexError:
        return _new_pem()


def _new_pem() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
