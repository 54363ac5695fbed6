"""The connections to Keycloak: python-keycloak's, with limits of each call, and with care on this machine.

Import this module on demand: the library takes a fifth of a second.
"""

from __future__ import annotations

import ssl
import threading
from typing import Any, Final

from keycloak.connection import ConnectionManager
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ReadTimeoutError

from provision._lib import loopback

CONNECT_SECONDS: Final = 5
_CONNECTIONS: Final = 16


class _LocalConnection(HTTPConnection):
    """A connection of plain HTTP; on this machine it goes to the numeric address, and to no foreign listener."""

    def _new_conn(self) -> Any:
        name = self._dns_host
        self._dns_host = loopback.trusted_address(self.host, self.port)
        try:
            connected = super()._new_conn()
        finally:
            self._dns_host = name  # for the requests' Host header
        try:
            loopback.refuse_foreign_end(connected)
        except TimeoutError as error:
            connected.close()
            raise ReadTimeoutError(None, None, str(error)) from error  # type: ignore[arg-type]
        except BaseException:
            connected.close()
            raise
        return connected


class _LocalPool(HTTPConnectionPool):
    ConnectionCls = _LocalConnection


class _LocalAdapter(HTTPAdapter):
    """The adapter of plain HTTP, with connections of the class above."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        manager = self.poolmanager
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "http": _LocalPool}


class _TlsAdapter(HTTPAdapter):
    """The adapter of HTTPS, which trusts the authorities of the system, or the authorities of one bundle instead.

    The library's own adapter trusts the authorities of the package certifi, which know nothing of a company's own one.

    Args:
        ca_file: The bundle; None for the system's authorities (``SSL_CERT_FILE`` names others).
    """

    def __init__(self, ca_file: str | None, **options: Any) -> None:
        self._context = ssl.create_default_context(cafile=ca_file)
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*arguments, ssl_context=self._context, **options)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Keep bundles that a variable of the library names (``REQUESTS_CA_BUNDLE``) out of the context."""
        del verify
        return super().build_connection_pool_key_attributes(request, True, cert)  # noqa: FBT003 - as in the library

    def cert_verify(self, *arguments: Any) -> None:
        """Load no further authorities into the context."""


class Pool(ConnectionManager):
    """The library's connections, with headers and time limits of each call instead of one for all.

    The library's own retries are off: they repeat a POST that Keycloak may have acted on. Redirects are off too: a
    redirected POST becomes a GET that seems to succeed, and the client secret goes to any address that the answer
    names.

    Args:
        base_url: Keycloak's base address.
        ca_file: The bundle with the authorities that are trusted; None for the authorities of the system.
    """

    def __init__(self, base_url: str, ca_file: str | None) -> None:
        self._call = threading.local()
        # `verify` is set later: set here, it makes the asynchronous client, never used, load all certificates.
        super().__init__(base_url, verify=False, max_retries=0, pool_maxsize=_CONNECTIONS)
        self.verify = True
        self._s.max_redirects = 0
        self._s.mount("http://", _LocalAdapter(max_retries=0, pool_maxsize=_CONNECTIONS))
        if loopback.is_plain(base_url):
            self._s.trust_env = False  # a proxy of the environment would get the secret
        else:
            self._s.mount("https://", _TlsAdapter(ca_file, max_retries=0, pool_maxsize=_CONNECTIONS))

    def prepare(self, headers: dict[str, str], read_seconds: float) -> None:
        """Set the headers and the time limit of this thread's next call."""
        self.headers = headers
        self.timeout = (CONNECT_SECONDS, read_seconds)

    @property
    def headers(self) -> Any:
        """The headers of this thread's next call."""
        return self._call.headers

    @headers.setter
    def headers(self, value: Any) -> None:
        self._call.headers = value

    @property
    def timeout(self) -> Any:
        """The seconds for the connection and for the answer of this thread's next call."""
        return self._call.timeout

    @timeout.setter
    def timeout(self, value: Any) -> None:
        self._call.timeout = value
