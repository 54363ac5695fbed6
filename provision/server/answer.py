"""A reader that looks whether an application answers a request with an error, while the answer passes by.

Sources: JSON-RPC 2.0 section 5; MCP specification, "Tools", "Error Handling" (``isError``); "Streamable HTTP" (an answer is
one JSON object or a stream of events).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

if TYPE_CHECKING:
    from starlette.types import Message

_MOST_BYTES = 256 * 1024
"""The longest message that is read; an answer that is longer holds a result."""
_REFUSED = 400
_END = b"\n\n"
"""The end of an event."""


class Answer:
    """What the application answers to one request; :meth:`see` takes the parts of the answer in their order.

    Args:
        request: The id of the request; None for a notification, which gets no answer.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self._status: int | None = None
        self._readable = self._stream = False
        self._rest = bytearray()
        self._too_long = False
        self._error = False

    @property
    def outcome(self) -> str:
        """The outcome as the audit trail has it: ``error`` if there is no answer or it is an error, else ``ok``."""
        return "error" if self._error or self._status is None or self._status >= _REFUSED else "ok"

    def see(self, message: Message) -> None:
        """Take the start or a further part of the answer."""
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message.get("headers", [])}
            kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
            self._status = message["status"]
            self._stream = kind == b"text/event-stream"
            self._readable = (
                self._stream or kind == b"application/json"
            ) and b"content-encoding" not in headers
        elif message["type"] == "http.response.body" and self._readable:
            self._read(message.get("body", b""), last=not message.get("more_body", False))

    def _read(self, part: bytes, *, last: bool) -> None:
        if self._stream:
            part = part.replace(b"\r", b"")  # ends lines only: JSON has it escaped
        unseen = max(0, len(self._rest) - 1)
        self._rest += part
        if self._stream and self._rest.find(_END, unseen) >= 0:
            *events, self._rest = self._rest.split(_END)
            for event in events:
                self._message(_data(event))
        if last:
            self._message(_data(self._rest) if self._stream else self._rest)
        elif len(self._rest) > _MOST_BYTES:
            self._too_long = True
            del self._rest[:-1]

    def _message(self, text: bytes | bytearray) -> None:
        if self._too_long or len(text) > _MOST_BYTES:
            self._too_long = False
            return
        try:
            message = from_json(text)
        except ValueError:
            return
        if isinstance(message, dict) and "method" not in message and message.get("id") == self._request:
            result = message.get("result")
            failed = isinstance(result, dict) and result.get("isError") is True
            self._error = failed or message.get("error") is not None


def _data(event: bytearray) -> bytes:
    """Return the data of an event."""
    lines = (line for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(line.removeprefix(b"data:").removeprefix(b" ") for line in lines)
