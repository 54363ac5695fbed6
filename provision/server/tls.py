"""HTTPS: the certificate of the server, and connections that end in time."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from provision.server.secret_file import opened
from provision.server.settings import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_HANDSHAKE_SECONDS = 10.0
# A client that has left silently is not waited for; by default that wait is half a minute.
_GOODBYE_SECONDS = 0.5


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context for TLS 1.2 and 1.3 connections (RFC 9325 section 3.1.1).

    Args:
        certificate: PEM file with the certificate and the intermediate certificates.
        key: PEM file with the private key, without a password.

    Raises:
        SettingsError: A file cannot be read, the key is open to others, or key and certificate do not match.
    """
    # Opened here for errors that name the file; the library names neither file nor reason.
    with opened("tls_certificate_file", certificate, private=False), opened("tls_key_file", key):
        pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        reason = (getattr(error, "reason", None) or "a key with a password").replace("_", " ").lower()
        problem = f"tls_certificate_file, tls_key_file: {certificate} and {key} cannot be used: {reason}"
        raise SettingsError([problem]) from None
    return context


def _no_password() -> str:
    # Without this, OpenSSL would ask for the password on the terminal.
    raise ValueError


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose TLS servers do not wait long for silent clients."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        """Create a server, see :meth:`asyncio.loop.create_server`."""
        options |= {"ssl_handshake_timeout": _HANDSHAKE_SECONDS, "ssl_shutdown_timeout": _GOODBYE_SECONDS}
        server: asyncio.Server = await super().create_server(*arguments, **options)
        return server
