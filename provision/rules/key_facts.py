"""What Keycloak tells of a key besides its settings: how old it is, and how long."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from provision.rules.thing import unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate


def facts(told: Mapping[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """The whole days since a key was made as ``ageDays``, and the bits of an RSA key as ``keySize`` where they are told.

    Keycloak signs a certificate for an RSA key when it makes it or takes it over, and none for other keys.

    Args:
        told: A KeyMetadataRepresentation (Admin REST API, "Definitions"), of which the certificate and public key count.
        now: The time by which its age is told.

    Raises:
        ValueError: The certificate or the public key is none.
    """
    certificate = _certificate(told)
    if certificate is None:
        age = unreadable("no certificate of it is told, which would tell its age")
    else:
        age = ((now or datetime.now(UTC)) - certificate.not_valid_before_utc).days
    bits = _bits(told, certificate)
    return {"ageDays": age} | ({} if bits is None else {"keySize": bits})


def _certificate(told: Mapping[str, Any]) -> Certificate | None:
    from cryptography.x509 import load_der_x509_certificate

    text = told.get("certificate")
    return load_der_x509_certificate(base64.b64decode(text)) if text else None


def _bits(told: Mapping[str, Any], certificate: Certificate | None) -> int | None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if certificate is not None:
        key: Any = certificate.public_key()
    else:
        text = told.get("publicKey")
        key = load_der_public_key(base64.b64decode(text)) if text else None
    return key.key_size if isinstance(key, RSAPublicKey) else None
