"""HTTP requests in a shape that a library would put right or refuse to send."""

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
    """What came back.

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
        """All that the client gets to read."""
        return f"{self.headers}\n{self.body}"


def post(
    url: str, headers: Iterable[tuple[str, str | bytes]], body: bytes, *, host: str | None = None
) -> Answer:
    """Send one request over a connection of its own.

    Args:
        url: Where to; its query goes with it.
        headers: Header lines as they are to be sent, one after the other; a name may come twice.
        body: The body.
        host: The ``Host`` header, when it is not that of the URL.
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
