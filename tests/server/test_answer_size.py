"""What the authorization server may answer: at most a megabyte, and nothing packed."""

from __future__ import annotations

import asyncio
import gzip
import json

import httpx2
import pytest

from provision.server import aiohttp_transport
from provision.server.aiohttp_transport import AiohttpTransport, AnswerTooLongError
from provision.server.authorization_server import WatchedTransport, watching

_GOOD = json.dumps({"active": True, "sub": "subject-1"}).encode()


async def _ask(*answer: bytes) -> httpx2.Response:
    """Ask a server on loopback that sends these bytes and then ends the connection."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        try:
            for part in answer:
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    transport = AiohttpTransport(None, connections=1, idle_seconds=1)
    try:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        return await WatchedTransport(transport).handle_async_request(httpx2.Request("GET", url))
    finally:
        await transport.aclose()
        server.close()


def _head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "answer",
    [
        [_head(f"Content-Length: {len(_GOOD)}"), _GOOD],
        [_head("Connection: close"), _GOOD[:5], _GOOD[5:]],
        [_head("Transfer-Encoding: chunked"), f"{len(_GOOD):x}\r\n".encode(), _GOOD, b"\r\n0\r\n\r\n"],
    ],
    ids=["its length declared", "until the end", "in chunks"],
)
async def test_an_answer_is_read_whole(answer):
    with watching() as seen:
        assert (await _ask(*answer)).content == _GOOD
    assert seen.document == {"active": True, "sub": "subject-1"}


@pytest.mark.parametrize(
    "head", [_head("Content-Length: 900000000"), _head("Connection: close")], ids=["declared", "undeclared"]
)
async def test_an_answer_without_measure_is_cut_off(head, monkeypatch):
    monkeypatch.setattr(aiohttp_transport, "ANSWER_BYTES", 100_000)
    with watching() as seen, pytest.raises(AnswerTooLongError):
        await _ask(head, *[b" " * 100_000] * 50)
    assert seen.trouble == "authorization_server_unreachable:AnswerTooLongError"


async def test_a_packed_answer_is_not_unpacked():
    packed = gzip.compress(b"[" + b" " * 10_000_000)
    with watching() as seen:
        answer = await _ask(_head("Content-Encoding: gzip", f"Content-Length: {len(packed)}"), packed)
    assert answer.content == packed
    assert seen.trouble == "authorization_server_answer:not_a_json_object"
