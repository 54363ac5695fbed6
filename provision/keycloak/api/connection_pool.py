"""The connections to Keycloak: python-keycloak's, with limits of each call, and with care on this machine.

Import this module on demand: the library takes a fifth of a second.
"""

from __future__ import annotations

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


class Pool(ConnectionManager):
    """The library's connections, with headers and time limits of each call instead of one for all.

    The library's own retries are off: they repeat a POST that Keycloak may have acted on. Redirects are off too: a
    redirected POST becomes a GET that seems to succeed, and the client secret goes to any address that the answer
    names.
    """

    def __init__(self, base_url: str, verify: str | bool) -> None:  # noqa: FBT001 - as in the library
        self._call = threading.local()
        # `verify` is set later: set here, it makes the asynchronous client, never used, load all certificates.
        super().__init__(base_url, verify=False, max_retries=0, pool_maxsize=_CONNECTIONS)
        self.verify = verify
        self._s.max_redirects = 0
        self._s.mount("http://", _LocalAdapter(max_retries=0, pool_maxsize=_CONNECTIONS))
        if loopback.is_plain(base_url):
            self._s.trust_env = False  # a proxy of the environment would get the secret

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
