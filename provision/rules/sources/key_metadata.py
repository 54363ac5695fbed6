"""The age and the length of a key, from the metadata that Keycloak publishes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from provision.rules.model import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate


def key_metadata(published: Mapping[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """Return the key's age in whole days as ``ageDays``, and the bits of an RSA key as ``keySize`` if known.

    Keycloak signs a certificate for an RSA key when it makes or imports the key, and none for other keys.

    Args:
        published: A KeyMetadataRepresentation (Admin REST API, "Definitions").
        now: The end of the key's age; the current time if None.

    Raises:
        ValueError: The certificate or the public key cannot be read.
    """
    certificate = _certificate(published)
    if certificate is None:
        age = unreadable("no certificate of it is told, which would tell its age")
    else:
        age = ((now or datetime.now(UTC)) - certificate.not_valid_before_utc).days
    bits = _bits(published, certificate)
    return {"ageDays": age} | ({} if bits is None else {"keySize": bits})


def _certificate(published: Mapping[str, Any]) -> Certificate | None:
    from cryptography.x509 import load_der_x509_certificate

    text = published.get("certificate")
    return load_der_x509_certificate(base64.b64decode(text)) if text else None


def _bits(published: Mapping[str, Any], certificate: Certificate | None) -> int | None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if certificate is not None:
        key: Any = certificate.public_key()
    else:
        text = published.get("publicKey")
        key = load_der_public_key(base64.b64decode(text)) if text else None
    return key.key_size if isinstance(key, RSAPublicKey) else None
