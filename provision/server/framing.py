"""Where each request begins and ends, by one strict reading, before any other parser sees the bytes.

Two programs in a row that read the end of a request differently take a part of its body for another request (request
smuggling). What RFC 9112 lets a lenient reader repair is refused here: each line ends with CRLF, no line is folded, a
body has one ``Content-Length`` or the transfer coding ``chunked``, and never both.

Sources: RFC 9112 sections 2.2, 5.1, 5.2, 6.3, 7.1 and 11.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

REQUEST_LINE_BYTES: Final = 8 * 1024
HEAD_BYTES: Final = 32 * 1024
"""The bytes of a head, request line included: the longest token, and as much for all the others."""
_FURTHER_BYTES: Final = 4 * 1024
"""The bytes that extensions of chunks and trailers may have in one request."""

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TEXT = rb"[\t\x20-\x7e\x80-\xff]*"
_REQUEST_LINE = re.compile(_TOKEN + rb" [\x21-\x7e]+ HTTP/1\.([01])")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):(" + _TEXT + rb")")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;" + _TEXT + rb")?")


class FramingError(Exception):
    """Bytes that are no request in this reading.

    Args:
        status: The HTTP status of the answer.
        why: What is wrong, for the answer.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Framing:
    """The requests that arrive on one connection, one after the other."""

    def __init__(self) -> None:
        self.checked = 0
        """How many of the bytes taken last are whole requests, and a whole head of the request that is not at its end."""
        self._line = bytearray()
        self._octets = 0  # of a body or chunk that are still to come
        self._next: Callable[[bytes], None] = self._request_line
        self._is_whole = True  # whether a request or a chunk begins with the next line
        self._size, self._most = 0, REQUEST_LINE_BYTES
        self._version = b""
        self._lengths: list[bytes] = []
        self._codings: list[bytes] = []

    def take(self, data: bytes) -> None:
        """Read on.

        Args:
            data: The bytes that arrived, in any portions.

        Raises:
            FramingError: They are no request, or its head is too long. Nothing may be taken after it.
        """
        self.checked = position = 0
        while position < len(data):
            if self._octets:
                taken = min(self._octets, len(data) - position)
                self._octets -= taken
            else:
                end = data.find(b"\n", position)
                taken = (end + 1 if end >= 0 else len(data)) - position
                self._line += data[position : position + taken]
                self._size += taken
                if self._size > self._most:
                    self._refuse_long()
                if end >= 0:
                    self._end_line()
            position += taken
            if self._is_whole and not self._octets and not self._line:
                self.checked = position

    def _end_line(self) -> None:
        line, ending = bytes(self._line[:-2]), self._line[-2:]
        self._line.clear()
        if ending != b"\r\n" or b"\r" in line:
            raise FramingError(400, "A line does not end with CR LF.")
        self._next(line)

    def _refuse_long(self) -> NoReturn:
        if self._most == REQUEST_LINE_BYTES:
            raise FramingError(414, f"The request line has more than {self._most} bytes.")
        if self._most == HEAD_BYTES:
            raise FramingError(431, f"The head of the request has more than {self._most} bytes.")
        raise FramingError(400, f"Extensions of chunks and trailers have more than {self._most} bytes.")

    def _begin(self) -> None:
        """Expect the next request."""
        self._next, self._is_whole = self._request_line, True
        self._size, self._most = 0, REQUEST_LINE_BYTES
        self._lengths, self._codings = [], []

    def _request_line(self, line: bytes) -> None:
        found = _REQUEST_LINE.fullmatch(line)
        if found is None:
            raise FramingError(400, "The request line is malformed.")
        self._version, self._next = found[1], self._field
        self._is_whole, self._most = False, HEAD_BYTES

    def _field(self, line: bytes) -> None:
        if not line:
            self._end_head()
            return
        name, value = _parted(line)
        if name == b"content-length":
            self._lengths.append(value)
        elif name == b"transfer-encoding":
            self._codings.append(value)

    def _end_head(self) -> None:
        """Find how the body ends (RFC 9112 section 6.3)."""
        lengths, codings = self._lengths, self._codings
        if codings and (lengths or codings != [b"chunked"] or self._version == b"0"):
            raise FramingError(400, "Transfer-Encoding must be chunked, alone, and without Content-Length.")
        if lengths and (len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0])):
            raise FramingError(400, "Content-Length must be one number.")
        self._begin()
        if codings:
            self._next, self._most = self._chunk, _FURTHER_BYTES
        elif lengths:
            self._octets = int(lengths[0])

    def _chunk(self, line: bytes) -> None:
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise FramingError(400, "The length of a chunk is malformed.")
        self._octets = int(found[1], 16)
        # The digits and both ends of lines are needed: they count for nothing.
        self._size -= len(found[1]) + 2
        self._next, self._is_whole = (self._end_of_chunk if self._octets else self._trailer), False

    def _end_of_chunk(self, line: bytes) -> None:
        if line:
            raise FramingError(400, "A chunk is longer than its length says.")
        self._size -= 2
        self._next, self._is_whole = self._chunk, True

    def _trailer(self, line: bytes) -> None:
        if line:
            _parted(line)
        else:
            self._begin()


def _parted(line: bytes) -> tuple[bytes, bytes]:
    """Return the name and the value of a field, in lower case."""
    found = _FIELD.fullmatch(line)
    if found is None:
        raise FramingError(400, "A header is malformed.")
    return found[1].lower(), found[2].strip(b" \t").lower()
