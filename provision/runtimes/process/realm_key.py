"""The generation of the master realm's keys outside Keycloak, whose cold JVM takes seconds to generate a key."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RealmKey:
    """An RSA key with a self-signed certificate, both in Keycloak's storage format, base64 of DER."""

    private_key: str = field(repr=False)
    certificate: str


def generate(realm: str) -> RealmKey:
    """Generate a 2048-bit RSA key for a realm with a certificate for ten years, as Keycloak does.

    Args:
        realm: The realm's name, which becomes the certificate's common name.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, realm)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(seconds=100))
        .not_valid_after(now + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return RealmKey(
        private_key=base64.b64encode(
            key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ).decode(),
        certificate=base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode(),
    )
