"""The check of an HTTPS server's certificate before anything is started.

The check makes a TLS handshake in memory, like a client, so that the check refuses exactly what clients refuse.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from provision._lib.ca_bundle import checked
from provision._lib.errors import ProvisionError
from provision.server.settings import SettingsError
from provision.server.tls import server_context

if TYPE_CHECKING:
    from pathlib import Path

HOST = "localhost"
"""The host name by which clients reach a server on this machine; the server's certificate must be for this name."""
_FLIGHTS = 3
# Error codes of OpenSSL (X509_V_ERR_…).
_NOT_YET_VALID, _EXPIRED, _OTHER_NAME = 9, 10, 62
_UNKNOWN_AUTHORITY = {18, 19, 20, 21}


def pinned(certificate: Path) -> ssl.SSLContext:
    """Return a client's TLS context that trusts one certificate from any issuer, if the certificate is valid.

    Args:
        certificate: The PEM file with the certificate.
    """
    context = ssl.create_default_context(cafile=certificate)
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def flaw(certificate: Path, key: Path) -> str | None:
    """Return the flaw of a certificate and its key, apart from the trust in the issuer.

    Args:
        certificate: The PEM file with the certificate and the intermediate certificates.
        key: The PEM file with the certificate's private key.

    Returns:
        One line that begins with the setting, as in ``tls_key_file: …``; None if there is no flaw.
    """
    try:
        server = server_context(certificate, key)
    except SettingsError as error:
        return error.problems[0]
    refusal = _refusal(server, pinned(certificate))
    if refusal is None:
        return None
    reasons = {
        _NOT_YET_VALID: "is not valid yet",
        _EXPIRED: "has expired; renew it",
        _OTHER_NAME: f"is not for {HOST}, where the server is",
    }
    reason = reasons.get(refusal.verify_code, f"is refused: {refusal.verify_message}")
    return f"tls_certificate_file: {certificate} {reason}"


def distrust(certificate: Path, key: Path, ca_file: Path | None) -> str | None:
    """Return why clients do not trust a certificate without a flaw.

    Args:
        certificate: The PEM file with the certificate and the intermediate certificates.
        key: The PEM file with the certificate's private key.
        ca_file: The PEM bundle with the authorities that clients trust; None for the system's trust store.

    Returns:
        One line that begins with the setting; None if clients trust the certificate.
    """
    try:
        if ca_file is not None:
            checked(ca_file)
    except ProvisionError as error:
        return f"ca_file: {error.what}"
    client = ssl.create_default_context(cafile=ca_file)
    refusal = _refusal(server_context(certificate, key), client)
    if refusal is None:
        return None
    if refusal.verify_code == _EXPIRED:
        return f"tls_certificate_file: {certificate} is refused: an authority that signed it has expired"
    if refusal.verify_code not in _UNKNOWN_AUTHORITY:
        return f"tls_certificate_file: {certificate} is refused: {refusal.verify_message}"
    if ca_file is not None:
        return f"ca_file: {ca_file} holds no authority that signed {certificate}"
    return (
        f"tls_certificate_file: {certificate} is not signed by an authority that is trusted here;"
        " give the PEM bundle of the one that signed it (caFile)"
    )


def _refusal(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLCertVerificationError | None:
    """Return why the client refuses the server's certificate, or None if the client accepts the certificate."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname=HOST),
        server.wrap_bio(there, back, server_side=True),
    )
    for _ in range(_FLIGHTS):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return error
    return None
