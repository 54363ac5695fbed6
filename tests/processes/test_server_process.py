"""The server as a process of its own, with a stand-in for the authorization server on loopback."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import psutil
import pytest

from provision.server.__main__ import _listen
from provision.server.settings import Settings
from tests.support.server_process import SECRET, TOKEN, Process, exchange, run

if TYPE_CHECKING:
    from collections.abc import Iterator


def _raw(process: Process, *headers: str) -> str:
    """Post with header lines as they are, which clients would merge, and return the start of the answer."""
    lines = ["POST /mcp HTTP/1.1", "Host: localhost", "Content-Length: 0", "Connection: close", *headers]
    with socket.create_connection(("127.0.0.1", int(process.base.rsplit(":", 1)[1]))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).decode()


@pytest.fixture
def process(document, tmp_path) -> Iterator[Process]:
    process = Process(document, tmp_path)
    yield process
    if process.popen.poll() is None:
        process.popen.kill()
        process.popen.communicate()


async def test_it_serves_clients_of_both_protocol_eras_survives_an_outage_and_ends_soon(
    process, authorization
):
    from fastmcp import Client

    process.wait_until_live()
    assert process.post(None).status_code == 401
    assert process.post(TOKEN).status_code == 503
    authorization.up()
    assert process.post(TOKEN).status_code == 200
    assert process.post("another").status_code == 401
    for mode in ("legacy", "2026-07-28"):
        async with Client(process.url, auth=TOKEN, mode=mode) as client:
            assert {tool.name for tool in await client.list_tools()} == {"add_numbers", "multiply_numbers"}
            result = await client.call_tool("multiply_numbers", {"x": 6, "y": 7})
            assert result.structured_content["result"] == 42
    authorization.down()
    assert process.post(TOKEN).status_code == 503
    authorization.up()
    assert process.post(TOKEN).status_code == 200

    twice = _raw(process, f"Authorization: Bearer {TOKEN}", "Authorization: Bearer another")
    assert 'error="invalid_request"' in twice

    # A kept connection, a request that never ends, and one that waits for its answer: none of them holds it up.
    host = ("127.0.0.1", int(process.base.rsplit(":", 1)[1]))
    with socket.create_connection(host) as kept, socket.create_connection(host) as endless:
        kept.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        kept.recv(4096)
        head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 999\r\n"
        endless.sendall(head.encode() + b"Accept: application/json, text/event-stream\r\n\r\n{")
        await asyncio.sleep(0.2)
        seconds, written = process.end()
    assert seconds < 10, "it waits a second, not until they end"
    assert process.popen.returncode == 0
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [line["tool"] for line in lines if line["event"] == "tool_call"] == ["multiply_numbers"] * 2
    assert SECRET not in written
    assert TOKEN not in written


def test_the_environment_has_no_say(document, tmp_path, authorization):
    authorization.up()
    process = Process(
        document,
        tmp_path,
        {"FASTMCP_LOG_LEVEL": "no-such-level", "FASTMCP_DEBUG": "true", "HTTP_PROXY": "http://127.0.0.1:9"},
    )
    process.wait_until_live()
    assert process.post(TOKEN).status_code == 200
    process.end()


_HEAD = (
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Accept: application/json, text/event-stream\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"
)


_CALL = {"method": "tools/call", "params": {"name": "multiply_numbers", "arguments": {"x": 6, "y": 7}}}


def test_a_call_under_way_gets_its_answer_after_sigterm(document, tmp_path, authorization):
    authorization.up()
    process = Process({**document, "shutdown_seconds": 60}, tmp_path)
    process.wait_until_live()
    port = document["port"]
    authorization.may_answer.clear()
    with (
        ThreadPoolExecutor() as threads,
        socket.create_connection(("127.0.0.1", port)) as kept,
        socket.create_connection(("127.0.0.1", port)),
    ):
        kept.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        kept.recv(4096)
        call = threads.submit(process.post, TOKEN, **_CALL)
        assert authorization.asked.wait(20), "the call waits for what is known of its token"
        process.popen.send_signal(signal.SIGTERM)
        _wait_until_refused(port)
        assert not call.done()
        authorization.may_answer.set()
        answer = call.result(timeout=20)
        assert answer.status_code == 200
        assert '"result":42.0' in answer.text
        written = "".join(
            process.popen.communicate(timeout=20)
        )  # with the answer given, nothing is waited for
    assert process.popen.returncode == 0
    assert [json.loads(line)["outcome"] for line in written.splitlines() if line.startswith("{")] == ["ok"]


def _wait_until_refused(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("new connections are not refused")


def test_a_call_that_takes_too_long_after_sigterm_is_cut_off(process, authorization):
    authorization.up()
    process.wait_until_live()
    authorization.may_answer.clear()
    with ThreadPoolExecutor() as threads:
        call = threads.submit(process.post, TOKEN, **_CALL)
        assert authorization.asked.wait(20)
        seconds, written = process.end()
        answer = call.result(timeout=20)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["error_description"] == "The server is shutting down; try again."
    assert "Traceback" not in written
    (line,) = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert (line["reason"], line["correlation_id"]) == ("shutting_down", answer.json()["correlation_id"])
    assert process.popen.returncode == 0
    assert 0.5 <= seconds < 10
    assert TOKEN not in written


def test_with_nothing_under_way_it_ends_at_once(document, tmp_path, authorization):
    authorization.up()
    process = Process({**document, "shutdown_seconds": 30}, tmp_path)
    process.wait_until_live()
    with httpx2.Client(trust_env=False) as kept:
        assert kept.get(f"{process.base}/health/live").status_code == 200
        seconds, _ = process.end()
    assert process.popen.returncode == 0
    assert seconds < 15


def test_what_is_too_long_or_no_http_is_refused_the_connection_ends_and_the_server_goes_on(
    process, authorization
):
    authorization.up()
    process.wait_until_live()
    chunked = [_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"]
    refused = {
        "a head of a megabyte": (b"431", [_HEAD, b"X-Long: " + b"a" * 1_000_000, b"\r\n\r\n"]),
        "a long request line": (b"414", [b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n"]),
        "two framings": (b"400", [_HEAD, b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"]),
        "no http": (b"400", [b"hello\r\n\r\n"]),
        "a length that is none": (b"400", [_HEAD, b"Content-Length: x\r\n\r\n"]),
        "two lengths": (b"400", [_HEAD, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"]),
        "a declared length": (b"413", [_HEAD, b"Content-Length: 99999999\r\n\r\n{"]),
        "a long body": (b"413", [_HEAD, b"Content-Length: 5000000\r\n\r\n", b" " * 5_000_000]),
        "a body without an end": (
            b"413",
            itertools.chain(chunked, itertools.repeat(b"fff\r\n%4095d\r\n" % 0)),
        ),
    }
    for what, (status, parts) in refused.items():
        answer = exchange(process, parts)
        assert answer.split()[1] == status, what
        assert b"connection: close" in answer.lower(), what
    assert process.post(TOKEN).status_code == 200
    _, written = process.end()
    assert "Traceback" not in written
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [line["reason"] for line in lines] == ["request_too_large"] * 3


def test_a_client_that_sends_too_much_gets_to_read_why(process, authorization):
    authorization.up()
    process.wait_until_live()
    answer = process.post(TOKEN, params={"long": "x" * 3_000_000})
    assert answer.status_code == 413
    assert answer.json()["error"] == "request_too_large"
    process.end()


def test_a_request_that_is_cut_off_is_no_fault_of_the_server(process, authorization):
    authorization.up()
    process.wait_until_live()
    with socket.create_connection(("127.0.0.1", int(process.base.rsplit(":", 1)[1]))) as wire:
        wire.sendall(_HEAD + b"Content-Length: 999\r\n\r\n{")
    assert exchange(process, [_HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"]).split()[1] == b"400"
    assert process.post(TOKEN).status_code == 200
    _, written = process.end()
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [(line["reason"], line["status"]) for line in lines] == [("request_cut_off", 400)] * 2
    assert "Traceback" not in written


def test_the_longest_token_fits_whatever_pieces_it_comes_in(process, authorization):
    authorization.up()
    process.wait_until_live()

    def apart():
        yield _HEAD
        yield b"X-Token: " + b"a" * 16_384 + b"\r\n"
        time.sleep(0.1)  # so that what follows arrives apart
        yield b"Content-Length: 0\r\nConnection: close\r\n\r\n"

    assert b"-32700" in exchange(process, apart())
    process.end()


def test_thousands_of_slow_clients_keep_nobody_out(document, tmp_path, authorization):
    authorization.up()
    process = Process({**document, "max_connections": 16}, tmp_path)
    process.wait_until_live()
    slow = []
    for _ in range(500):
        wire = socket.create_connection(("127.0.0.1", document["port"]), timeout=20)
        wire.sendall(_HEAD + b"X-Slow: ")
        slow.append(wire)
    assert httpx2.get(f"{process.base}/health/live").status_code == 200
    assert httpx2.get(f"{process.base}/health/ready").status_code == 200
    assert process.post(TOKEN).status_code == 200
    descriptors = psutil.Process(process.popen.pid).num_fds()
    assert descriptors < 200, "those who wait longest make room"
    for wire in slow:
        wire.close()
    process.end()


def test_requests_that_are_none_leave_no_lines(process):
    process.wait_until_live()
    for _ in range(20):
        assert exchange(process, [b"hello\r\n\r\n"]).split()[1] == b"400"
    _, written = process.end()
    assert len(written.splitlines()) == 1, written


def test_wrong_settings_end_it_with_2_and_one_line_each(document, tmp_path):
    done = run({**document, "introspection_client_secret": "hush", "port": "hush"}, tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert all(line.startswith("error: ") for line in done.stderr.splitlines())
    assert "hush" not in done.stderr
    assert done.stdout == ""


def test_a_secret_open_to_others_ends_it_with_2(document, tmp_path):
    (tmp_path / "secret").chmod(0o444)
    done = run(document, tmp_path)
    assert done.returncode == 2
    assert "chmod 0400" in done.stderr
    assert SECRET not in done.stderr


def test_a_taken_port_ends_it_with_1(document, tmp_path):
    with socket.create_server(("127.0.0.1", document["port"])):
        done = run(document, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1:{document['port']}")
    assert len(done.stderr.splitlines()) == 1


def test_it_listens_on_loopback_only(process, authorization):
    process.wait_until_live()
    port = int(process.base.rsplit(":", 1)[1])
    listening = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]  # noqa: SIM115, PTH123
    addresses = {
        fields[1] for fields in listening if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port
    }
    assert {address.split(":")[0] for address in addresses} == {"0100007F"}


def test_no_part_of_an_answer_waits_until_the_client_has_acknowledged_the_one_before(document):
    settings = Settings.model_validate_json(json.dumps(document))
    with _listen(settings) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
