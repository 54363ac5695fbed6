"""The connections of clients: how many there may be, how long a client may take to send a request, and what is none.

Sources: RFC 9110 section 15.5.9 (408), for the body; a head that does not end is no request yet and gets no answer.
RFC 9112 section 9.6 and RFC 6585 section 5 (431) for what is refused.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from provision.server.edge import BODY_SECONDS
from provision.server.framing import Framing, FramingError

if TYPE_CHECKING:
    import asyncio

HEAD_SECONDS = 10.0
# The edge answers 408 first; this is for an application that never reads the body.
_GRACE_SECONDS = 2.0


class Places:
    """The places for connections; a connection without a request under way yields its place to a new one.

    Args:
        most: The number of places.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._waiting: dict[int, socket.socket] = {}  # in the order in which they began to wait

    def take(self, connection: socket.socket) -> bool:
        """Return whether a new connection got a place; the connection that has waited longest may have lost its own."""
        if self._taken >= self._most:
            if not self._waiting:
                return False
            longest = self._waiting.pop(next(iter(self._waiting)))
            with suppress(OSError):  # the client was faster
                longest.shutdown(socket.SHUT_RDWR)
        self._taken += 1
        self._waiting[connection.fileno()] = connection
        return True

    def works(self, descriptor: int) -> socket.socket | None:
        """Keep the place of a connection whose request is under way.

        Args:
            descriptor: The file descriptor of the connection's socket.
        """
        return self._waiting.pop(descriptor, None)

    def waits(self, descriptor: int, connection: socket.socket) -> None:
        """Let a connection that has had its answer yield again."""
        self._waiting[descriptor] = connection

    def free(self, descriptor: int) -> None:
        """Free the place of a connection that is closed."""
        self._taken -= 1
        self._waiting.pop(descriptor, None)


class Listener(socket.socket):
    """A listening socket that accepts as many connections as there are places, from before any TLS handshake on.

    Args:
        listening: The socket; it is taken over.
        places: The places.
    """

    def __init__(self, listening: socket.socket, places: Places) -> None:
        super().__init__(listening.family, listening.type, listening.proto, fileno=listening.detach())
        self.places = places

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection.

        Raises:
            ConnectionAbortedError: There is no place; the connection is closed.
        """
        accepted, address = super().accept()
        connection = _Accepted(accepted, self.places)
        return connection, address


class _Accepted(socket.socket):
    """An accepted connection, which frees its place when it is closed."""

    def __init__(self, accepted: socket.socket, places: Places) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._places: Places | None = places
        if not places.take(self):
            self._places = None
            self.close()
            raise ConnectionAbortedError

    def close(self) -> None:
        if self._places is not None:
            self._places.free(self.fileno())
            self._places = None
        super().close()


class Connection(H11Protocol):
    """A connection of uvicorn's that ends if the client takes too long to send a request, or sends what is none.

    Args:
        arguments: What uvicorn gives.
        places: The places for connections.
        options: What uvicorn gives.
    """

    def __init__(self, *arguments: Any, places: Places, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places
        self._framing = Framing()
        self._refused: FramingError | None = None
        self._socket: socket.socket | None = None
        self._descriptor = -1
        self._awaited: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._descriptor = transport.get_extra_info("socket").fileno()
        self._await(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take what the client has sent; of bytes that are no request, only what is whole before them."""
        if self._refused is not None:
            return
        try:
            self._framing.take(data)
        except FramingError as error:
            self._refused = error
            data = data[: self._framing.checked]
        if data:  # none would be the end of the connection
            super().data_received(data)
        if self._refused is not None:
            self._refuse(self._refused)
        if self.transport.is_closing():
            return
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._await(BODY_SECONDS + _GRACE_SECONDS)
        else:
            self._await(HEAD_SECONDS if state is h11.IDLE else None)
        if self.cycle is not None and not self.cycle.response_complete:
            self._socket = self._places.works(self._descriptor) or self._socket

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        # A client may have sent its next request already; the cycle is then that of the next.
        answered = self.cycle.response_complete and not self.transport.is_closing()
        if answered and self._socket is not None:
            self._places.waits(self._descriptor, self._socket)
        if self._refused is not None:
            self._refuse(self._refused)

    def _refuse(self, error: FramingError) -> None:
        """Answer what is no request and end the connection, after the answers to the requests before it."""
        if self.transport.is_closing() or self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            return
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(_refusal(error))
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._await(HEAD_SECONDS)  # for the answer to be fetched
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._await(None)
        super().connection_lost(exc)

    def _await(self, seconds: float | None) -> None:
        """Wait for the rest of a head or of a body, if not done so already; None ends the wait."""
        if seconds == self._awaited:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._awaited = seconds
        self._timer = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


def _refusal(error: FramingError) -> bytes:
    """Return the whole answer to what is no request."""
    status = HTTPStatus(error.status)
    body = json.dumps({"error": "malformed_request", "error_description": error.why})
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return "\r\n".join([*head, "", body]).encode("ascii")
