"""Bytes that two readers could take for different requests are refused, and the connection ends (RFC 9112)."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
import uvicorn

from provision.server.connections import Connection, Listener, Places
from provision.server.framing import HEAD_BYTES, REQUEST_LINE_BYTES, Framing, FramingError

_LINE = b"POST /x HTTP/1.1\r\n"
_HEAD = _LINE + b"Host: localhost\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_NEXT = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
_GOOD = {
    "no body": _HEAD + b"\r\n",
    "a length": _HEAD + b"Content-Length: 2\r\n\r\nab",
    "no length": _HEAD + b"Content-Length:0\r\n\r\n",
    "spaces around a value": _HEAD + b"Content-Length: \t 2 \t\r\n\r\nab",
    "an empty value": _HEAD + b"X-Empty:\r\n\r\n",
    "bytes beyond ASCII": _HEAD + "X-Name: ü\r\n\r\n".encode(),
    "chunks": _CHUNKED + b"2\r\nab\r\n00a\r\n0123456789\r\n0\r\n\r\n",
    "the coding in capitals": _HEAD + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    "an extension of a chunk": _CHUNKED + b'2;name="value"\r\nab\r\n0;x\r\n\r\n',
    "a trailer": _CHUNKED + b"2\r\nab\r\n0\r\nX-Sum: 5\r\n\r\n",
    "a body that looks like a head": _HEAD + b"Content-Length: 8\r\n\r\n\n\n\r\r\n\r\n\0",
    "many small chunks": _CHUNKED + b"1\r\na\r\n" * 5000 + b"0\r\n\r\n",
    "the longest line": b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * (REQUEST_LINE_BYTES - 16)),
    "the longest head": _HEAD + b"X: %s\r\n\r\n" % (b"a" * (HEAD_BYTES - len(_HEAD) - 7)),
}
_BAD = {
    "both framings": _HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both framings, the other way round": _HEAD
    + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "one length twice": _HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "two lengths": _HEAD + b"Content-Length: 2\r\nContent-Length: 0\r\n\r\nab",
    "two lengths in one line": _HEAD + b"Content-Length: 2, 2\r\n\r\nab",
    "a signed length": _HEAD + b"Content-Length: +2\r\n\r\nab",
    "a negative length": _HEAD + b"Content-Length: -2\r\n\r\nab",
    "a length in hexadecimal": _HEAD + b"Content-Length: 0x2\r\n\r\nab",
    "an empty length": _HEAD + b"Content-Length:\r\n\r\n",
    "a length beyond all bounds": _HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "a folded line": _HEAD + b"X-Long: a\r\n b\r\n\r\n",
    "a folded framing": _HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the first header": _LINE + b" Host: localhost\r\n\r\n",
    "a line feed alone": _LINE + b"Host: localhost\nContent-Length: 2\r\n\r\nab",
    "a head that ends with line feeds": _LINE + b"Host: localhost\n\n",
    "a request line that ends with a line feed": b"POST /x HTTP/1.1\nHost: localhost\r\n\r\n",
    "a carriage return alone": _LINE + b"Host: localhost\rContent-Length: 2\r\n\r\nab",
    "two carriage returns": _LINE + b"Host: localhost\r\r\n\r\n",
    "a space before the colon": _HEAD + b"Content-Length : 2\r\n\r\nab",
    "a tab before the colon": _HEAD + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "no colon": _HEAD + b"Content-Length 2\r\n\r\nab",
    "no name": _HEAD + b": 2\r\n\r\n",
    "a null in a value": _HEAD + b"X-Null: a\0b\r\n\r\n",
    "another coding": _HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": _HEAD + b"Transfer-Encoding: identity\r\n\r\n",
    "a coding before chunked": _HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": _HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an empty coding": _HEAD + b"Transfer-Encoding:\r\n\r\n",
    "a coding in quotes": _HEAD + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "chunks in HTTP/1.0": b"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an empty line first": b"\r\n" + _HEAD + b"\r\n",
    "another version": b"POST /x HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /x\r\n\r\n",
    "two spaces in the request line": b"GET  /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a chunk without a length": _CHUNKED + b"\r\nab\r\n0\r\n\r\n",
    "a chunk of a negative length": _CHUNKED + b"-1\r\nab\r\n0\r\n\r\n",
    "a chunk of a length with a prefix": _CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n",
    "a chunk of a length beyond all bounds": _CHUNKED + b"1" * 17 + b"\r\n",
    "a space behind the length of a chunk": _CHUNKED + b"2 \r\nab\r\n0\r\n\r\n",
    "a chunk that is longer than it says": _CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
    "a chunk that ends with a line feed": _CHUNKED + b"2\r\nab\n0\r\n\r\n",
    "a line feed in an extension": _CHUNKED + b"2;a\nb\r\nab\r\n0\r\n\r\n",
    "a carriage return in an extension": _CHUNKED + b"2;a\rb\r\nab\r\n0\r\n\r\n",
    "an extension without an end": _CHUNKED + b"2;" + b"a" * 5000,
    "many extensions": _CHUNKED + b"1;%s\r\na\r\n" % (b"e" * 100) * 50 + b"0\r\n\r\n",
    "trailers that end with line feeds": _CHUNKED + b"0\r\nX: y\n\n",
    "a folded trailer": _CHUNKED + b"0\r\nX: y\r\n z\r\n\r\n",
    "many trailers": _CHUNKED + b"0\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
}
_LONG = {
    "a long line": (414, b"GET /%s HTTP/1.1\r\n" % (b"a" * REQUEST_LINE_BYTES)),
    "a line without an end": (414, b"G" * (REQUEST_LINE_BYTES + 1)),
    "one long header": (431, _HEAD + b"X: " + b"a" * HEAD_BYTES),
    "many small headers": (431, _HEAD + b"A: b\r\n" * (HEAD_BYTES // 6)),
    "many empty headers": (431, _HEAD + b"A:\r\n" * 20_000 + b"\r\n"),
}


def _take(framing, message, step):
    for start in range(0, len(message), step):
        framing.take(message[start : start + step])


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("message", _GOOD.values(), ids=_GOOD)
def test_one_reading_finds_where_the_next_request_begins(message, step):
    framing = Framing()
    both = message + _NEXT[:5]
    _take(framing, both, step)
    if step > len(both):
        assert framing.checked == len(message)
    framing.take(_NEXT[5:])
    assert framing.checked == len(_NEXT) - 5


_WHOLE = (b"", *(b"1;%s\r\na\r\n" % (b"e" * 100) * count for count in range(50)))
"""What may be handed on of a body whose end is bad: whole chunks."""


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("message", _BAD.values(), ids=_BAD)
def test_what_can_be_read_in_two_ways_is_no_request(message, step):
    framing = Framing()
    with pytest.raises(FramingError) as error:
        _take(framing, message, step)
    assert error.value.status == 400
    if step > len(message):
        assert message[: framing.checked] in {b"", *(_CHUNKED + part for part in _WHOLE)}


@pytest.mark.parametrize(("status", "message"), _LONG.values(), ids=_LONG)
def test_a_head_is_limited_as_a_whole(status, message):
    framing = Framing()
    with pytest.raises(FramingError) as error:
        _take(framing, message, 100)
    assert error.value.status == status


async def _application(scope, receive, send):
    """Answers with the path and the length of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(0.2)
    content = f"{scope['path']} {size}.".encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(content)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def _served():
    places = Places(100)
    with Listener(socket.create_server(("127.0.0.1", 0)), places) as listener:
        config = uvicorn.Config(
            _application,
            http=partial(Connection, places=places),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            h11_max_incomplete_event_size=HEAD_BYTES,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
            assert places._taken == 0
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, 20)


async def _exchange(port, *parts: bytes) -> bytes:
    """Send parts, and return all that comes until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
    received = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await asyncio.sleep(0.01)
    return received


def _is_refusal(received: bytes, status: int) -> bool:
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    assert "Connection: close" in lines
    assert f"Content-Length: {len(body)}" in lines
    return json.loads(body)["error"] == "malformed_request"


async def test_each_is_answered_once_and_the_connection_ends():
    async with _served() as port:
        for what, message in _BAD.items():
            received = await _exchange(port, message + _NEXT)
            assert _is_refusal(received, 400), what
            assert b"/smuggled" not in received, what
        for what, (status, message) in _LONG.items():
            assert _is_refusal(await _exchange(port, message), status), what


async def test_what_is_good_is_answered_and_the_connection_goes_on():
    async with _served() as port:
        for what, message in _GOOD.items():
            received = await _exchange(port, message + _NEXT.replace(b"Host", b"Connection: close\r\nHost"))
            assert received.count(b"HTTP/1.1 200") == 2, what
            assert received.endswith(b"/smuggled 0."), what


async def test_a_request_before_it_is_answered_first():
    async with _served() as port:
        slow = _HEAD.replace(b"/x", b"/slow") + b"Content-Length: 2\r\n\r\nab"
        received = await _exchange(port, slow + slow + _HEAD + b" folded: x\r\n\r\n" + _NEXT)
        assert received.count(b"HTTP/1.1 200") == 2
        assert received.count(b"/slow 2.") == 2
        assert _is_refusal(received[received.rindex(b"HTTP/1.1 ") :], 400)


async def test_nothing_is_answered_behind_a_request_that_ends_the_connection():
    async with _served() as port:
        last = _HEAD.replace(b"/x", b"/slow") + b"Connection: close\r\n\r\n"
        received = await _exchange(port, last + b"\n\nrubbish")
        assert received.count(b"HTTP/1.1 ") == 1
        assert received.endswith(b"/slow 0.")


@pytest.mark.parametrize("first", [_CHUNKED, _CHUNKED + b"2\r\nab\r\n", _CHUNKED + b"2\r\nab\r\n0\r\n"])
async def test_a_body_that_turns_bad_ends_its_request(first):
    async with _served() as port:
        assert _is_refusal(await _exchange(port, first, b"rubbish\n\n", _NEXT), 400)
