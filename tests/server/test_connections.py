"""The server's connections on loopback: many, slow, and cut off."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
import uvicorn

from provision.server import connections
from provision.server.connections import Connection, Listener, Places

_HEAD = b"POST /x HTTP/1.1\r\nHost: localhost\r\n"


async def _application(scope, receive, send):
    """Answers with the length of the body, or at once where the body is not of interest."""
    size, more = 0, scope["path"] != "/unread"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            _application.left.append(scope["path"])
            return
        size, more = size + len(message["body"]), message["more_body"]
    content = str(size).encode()
    headers = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@pytest.fixture(autouse=True)
def _nobody_has_left():
    _application.left = []


@asynccontextmanager
async def _served(most=100):
    places = Places(most)
    with Listener(socket.create_server(("127.0.0.1", 0), backlog=512), places) as listener:
        config = uvicorn.Config(
            _application,
            http=partial(Connection, places=places),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield port, places
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, 20)


async def _open(port, *parts: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    return reader, writer


async def _ends(reader, seconds=5.0) -> bytes:
    """Return all that still comes until the server ends the connection."""
    with suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), seconds)
    return b""


async def _answer(port, request=_HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\nab") -> bytes:
    reader, writer = await _open(port, request)
    answer = await _ends(reader)
    writer.close()
    return answer


async def test_a_request_is_answered_and_the_next_on_the_same_connection(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    async with _served() as (port, _):
        reader, writer = await _open(port)
        for size in (1, 20_000):
            writer.write(_HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(str(size))) == str(size).encode()
            await asyncio.sleep(0.5)  # an idle connection is not held to the time of a head
        writer.close()


@pytest.mark.parametrize("before", [(), (b"GET / HT",), (_HEAD,)], ids=["nothing", "a line", "a header"])
async def test_a_head_that_does_not_end_ends_the_connection(monkeypatch, before):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    async with _served() as (port, places):
        reader, writer = await _open(port, *before)
        started = time.monotonic()
        dripping = asyncio.create_task(_drip(writer)) if before else None
        assert await _ends(reader) == b""
        assert 0.2 < time.monotonic() - started < 3
        if dripping:
            dripping.cancel()
        await asyncio.sleep(0.05)
        assert places._taken == 0


async def _drip(writer):
    with suppress(ConnectionError):
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.05)


async def test_a_second_head_that_does_not_end_ends_the_connection_too(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    async with _served() as (port, _):
        reader, writer = await _open(port, _HEAD + b"Content-Length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(1)
        writer.write(_HEAD)
        dripping = asyncio.create_task(_drip(writer))
        assert await _ends(reader) == b""
        dripping.cancel()


@pytest.mark.parametrize(("path", "left"), [("/read", ["/read"]), ("/unread", [])])
async def test_a_body_that_does_not_end_ends_the_connection(monkeypatch, path, left):
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(connections, "_GRACE_SECONDS", 0)
    async with _served() as (port, _):
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n".encode()
        reader, writer = await _open(port, head)
        dripping = asyncio.create_task(_drip(writer))
        await _ends(reader)
        dripping.cancel()
        await asyncio.sleep(0.05)
        assert _application.left == left


async def test_many_slow_connections_keep_nobody_out(monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 60)
    async with _served(most=20) as (port, places):
        slow = [await _open(port, _HEAD + b"X-Slow: ") for _ in range(300)]
        for _ in range(5):
            assert b"200 OK" in await _answer(port)
        assert places._taken <= 21
        ended = [await _ends(reader) for reader, _ in slow[:279]]
        assert set(ended) == {b""}, "those that waited longest made room"
        for _, writer in slow:
            writer.close()
    assert places._taken == 0


async def test_a_request_under_way_keeps_its_place_and_a_new_connection_finds_none():
    async with _served(most=3) as (port, places):
        busy = [await _open(port, _HEAD + b"Content-Length: 4\r\n\r\nab") for _ in range(3)]
        await asyncio.sleep(0.1)
        assert await _answer(port) == b"", "every place is of use to somebody"
        for reader, writer in busy:
            writer.write(b"cd")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
        assert b"200 OK" in await _answer(port), "one that has had its answer yields"
        for _, writer in busy:
            writer.close()
    assert (places._taken, places._waiting) == (0, {})


async def test_requests_in_a_row_without_waiting_for_answers_keep_the_place():
    async with _served(most=1) as (port, places):
        both = _HEAD + b"Content-Length: 1\r\n\r\na" + _HEAD + b"Content-Length: 4\r\n\r\nab"
        reader, writer = await _open(port, both)
        await reader.readuntil(b"\r\n\r\n1")
        await asyncio.sleep(0.1)
        assert await _answer(port) == b""
        writer.write(b"cd")
        await reader.readuntil(b"\r\n\r\n4")
        writer.close()
    assert places._taken == 0
