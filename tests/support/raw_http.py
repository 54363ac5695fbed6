"""HTTP requests in a form that a library would correct or refuse to send."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    Args:
        status: The HTTP status.
        headers: All header lines.
        body: The body, decoded.
    """

    status: int
    headers: http.client.HTTPMessage = field(repr=False)
    body: str

    @property
    def everything(self) -> str:
        """Everything that the client can read."""
        return f"{self.headers}\n{self.body}"


def post(
    url: str, headers: Iterable[tuple[str, str | bytes]], body: bytes, *, host: str | None = None
) -> Answer:
    """Send one request over a connection of its own.

    Args:
        url: The address, including the query.
        headers: The header lines to send, in order; a name may occur twice.
        body: The body.
        host: The ``Host`` header, if it is not the URL's host.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or parts.netloc)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()
