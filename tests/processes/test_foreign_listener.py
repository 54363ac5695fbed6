"""Secrets go to no program of another user that took a port of this machine."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import httpx
import httpx2
import pytest

from provision._lib import loopback
from provision._lib.errors import ProvisionError
from provision.keycloak.api.session import KeycloakError, Session
from provision.keycloak.connection import Connection
from provision.runtimes.process.readiness import fetch_token
from provision.server.aiohttp_transport import AiohttpTransport
from provision.verify.connection import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = pwd.getpwnam("nobody")
SECRET = "the-secret-of-the-admin"
as_another_user = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")

# It prints all that it is sent, and answers each connection with a token.
_IMPOSTOR = """
import os, socket, sys
os.setuid(int(sys.argv[1]))
family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
listener = socket.create_server((sys.argv[2], int(sys.argv[3])), family=family)
print(listener.getsockname()[1], flush=True)
body = b'{"access_token": "x", "expires_in": 60}'
while True:
    wire, _ = listener.accept()
    data = wire.recv(65536)
    print(data, flush=True)
    wire.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    wire.close()
"""


@contextmanager
def _impostor(
    address: str = "127.0.0.1", port: int = 0, *, user: int = NOBODY.pw_uid
) -> Iterator[tuple[int, list[str]]]:
    """Run a listener as a user; yield its port and, at the end, what it was sent."""
    arguments = [sys.executable, "-c", _IMPOSTOR, str(user), address, str(port)]
    heard: list[str] = []
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), heard
        finally:
            process.terminate()
            heard += process.stdout.read().splitlines()


def _session(url: str) -> Session:
    return Session(Connection(url=url, client_id="account", client_secret=SECRET), sleep=lambda _: None)


@as_another_user
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "keycloak.localhost"])
def test_the_admins_secret_does_not_go_to_another_user(host: str) -> None:
    with (
        _impostor() as (port, heard),
        pytest.raises(KeycloakError, match=r"another user \(nobody\), which gets no secret"),
    ):
        _session(f"http://{host}:{port}").get("mcp")
    assert heard == []


@as_another_user
def test_an_impostor_on_the_other_loopback_address_is_not_asked() -> None:
    """Keycloak listens on 127.0.0.1 only, and the name leads to ::1 first on many machines."""
    with socket.create_server(("127.0.0.1", 0)) as keycloak:
        port = keycloak.getsockname()[1]
        with _impostor("::1", port) as (_, heard):
            assert loopback.trusted_address("localhost", port) == "127.0.0.1"
    assert heard == []


@as_another_user
def test_an_impostor_on_the_other_address_of_a_keycloak_that_ended_is_refused() -> None:
    with _impostor("::1") as (port, heard), pytest.raises(KeycloakError, match="another user"):
        _session(f"http://localhost:{port}").get("mcp")
    assert heard == []


@as_another_user
def test_a_keycloak_that_is_starting_is_not_asked_at_another_users_port() -> None:
    with _impostor() as (port, heard), pytest.raises(ProvisionError, match="another user"):
        fetch_token(port, "account", SECRET)
    assert heard == []


@as_another_user
def test_a_proof_sends_nothing_to_another_users_port() -> None:
    connections = Connections((), lambda: None)
    with _impostor() as (port, heard), pytest.raises(ProvisionError, match="another user"):
        connections.client().post(f"http://localhost:{port}/token", data={"client_secret": SECRET})
    assert heard == []


@as_another_user
@pytest.mark.parametrize(
    "users",
    ["no-such-user,nobody", f" {NOBODY.pw_uid} ", f"no-such-user, {NOBODY.pw_uid}"],
    ids=["name", "number", "both"],
)
def test_a_user_may_be_trusted_by_name_or_number(monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    monkeypatch.setenv(loopback.TRUSTED_USERS, users)
    with _impostor() as (port, _):
        assert fetch_token(port, "account", SECRET) == "x"


def test_a_listener_of_this_user_gets_what_it_is_sent() -> None:
    with _impostor(user=os.geteuid()) as (port, heard):
        assert fetch_token(port, "account", SECRET) == "x"
    assert len(heard) == 1


class _Recorder(BaseHTTPRequestHandler):
    """It answers every request with a token, over one connection."""

    protocol_version = "HTTP/1.1"
    hosts: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hosts.append(self.headers["Host"])
        body = b'{"access_token": "x", "expires_in": 60}'
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - as the base class looks for it


def test_the_name_stays_in_the_requests_of_a_connection() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Recorder) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        session = _session(f"http://localhost:{server.server_port}")
        session.get("mcp")
        session.get("mcp")
        server.shutdown()
        assert _Recorder.hosts == [f"localhost:{server.server_port}"] * 3


def test_no_proxy_of_the_environment_gets_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with _impostor(user=os.geteuid()) as (proxy, heard):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        with pytest.raises(KeycloakError, match="does not answer"):
            _session("http://localhost:9").get("mcp")
    assert heard == []


@pytest.mark.parametrize("host", ["keycloak.example.org", "10.0.0.7", "localhost.example.org", ""])
def test_other_machines_are_none_of_this(host: str) -> None:
    assert loopback.trusted_address(host, 80) == host
    assert not loopback.is_plain(f"http://{host}:80/")


@pytest.mark.parametrize("way", ["lookup", "tables"])
@pytest.mark.parametrize(
    ("bound", "reached"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")],
)
def test_the_kernels_lookup_and_its_tables_say_the_same(
    monkeypatch: pytest.MonkeyPatch, way: str, bound: str, reached: str
) -> None:
    if way == "tables":
        monkeypatch.setattr(loopback, "_asked", lambda *_: None)
    family = socket.AF_INET6 if ":" in bound else socket.AF_INET
    with socket.create_server((bound, 0), family=family, dualstack_ipv6=bound == "::") as listener:
        port = listener.getsockname()[1]
        found = loopback._socket_at((reached, port), (reached, 0))
        assert found is not None
        assert (found.state, found.uid) == (loopback._LISTEN, os.geteuid())
        assert loopback.trusted_address("localhost", port) == reached
        with socket.create_connection((reached, port)) as caller:
            own = caller.getsockname()[1]
            assert loopback._socket_at((reached, own), (reached, port)) == (
                loopback._ESTABLISHED,
                os.geteuid(),
                os.fstat(caller.fileno()).st_ino,
            )
    gone = loopback._socket_at((reached, port), (reached, 0))
    assert gone is None or gone.state != loopback._LISTEN


def test_a_server_that_listens_on_ipv6_only_is_found() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert loopback.trusted_address("localhost", listener.getsockname()[1]) == "::1"


def test_a_proof_keeps_the_name_in_its_request() -> None:
    with _impostor(user=os.geteuid()) as (port, heard):
        answer = Connections((), lambda: None).client().get(f"http://localhost:{port}/x")
        assert isinstance(answer, httpx.Response)
        assert answer.url.host == "localhost"
    assert f"Host: localhost:{port}" in heard[0]


@as_another_user
def test_the_server_asks_no_impostor_about_a_token() -> None:
    """It would send its secret and the caller's token, and believe the answer."""

    async def ask(url: str) -> None:
        transport = AiohttpTransport(None, connections=1, idle_seconds=1)
        try:
            await transport.handle_async_request(httpx2.Request("POST", url, content=b"token=x"))
        finally:
            await transport.aclose()

    with _impostor() as (port, heard), pytest.raises(httpx2.ConnectError, match="another user"):
        asyncio.run(ask(f"http://localhost:{port}/introspect"))
    assert heard == []


def _ask_as_the_server(url: str) -> int:
    async def ask() -> int:
        transport = AiohttpTransport(None, connections=1, idle_seconds=1)
        try:
            return (
                await transport.handle_async_request(httpx2.Request("POST", url, content=b"token=x"))
            ).status_code
        finally:
            await transport.aclose()

    return asyncio.run(ask())


_CLIENTS: dict[str, Callable[[int], object]] = {
    "Admin API": lambda port: _session(f"http://localhost:{port}").get("mcp"),
    "start": lambda port: fetch_token(port, "account", SECRET),
    "proofs": lambda port: (
        Connections((), lambda: None).client().post(f"http://localhost:{port}/token", data={"a": SECRET})
    ),
    "server": lambda port: _ask_as_the_server(f"http://localhost:{port}/introspect"),
}


@as_another_user
@pytest.mark.parametrize("client", _CLIENTS)
def test_an_impostor_who_listens_for_a_moment_only_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    """No look at who listens sees such a program, but the connection that it accepted stays its own."""
    monkeypatch.setattr(loopback, "trusted_address", lambda *_: "127.0.0.1")
    with (
        _impostor() as (port, heard),
        pytest.raises((ProvisionError, httpx2.TransportError), match="another user"),
    ):
        _CLIENTS[client](port)
    assert [line for line in heard if line != "b''"] == []


@pytest.mark.parametrize("client", _CLIENTS)
def test_nothing_is_sent_before_somebody_accepts(monkeypatch: pytest.MonkeyPatch, client: str) -> None:
    """Until then the kernel shows the other end as root's."""
    monkeypatch.setattr(loopback, "_ACCEPT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        try:
            _CLIENTS[client](port)
        except (ProvisionError, httpx.TransportError, httpx2.TransportError):
            refused = True
        else:
            refused = client == "start"  # it says that Keycloak is not up
        assert refused
        listener.settimeout(1)
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(0.2)
            assert accepted.recv(65536) == b""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_connection_that_its_owner_has_left_is_told_by_the_connection_itself(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener:
        caller = socket.create_connection(listener.getsockname()[:2])
        with caller:
            assert not loopback.is_accepted(caller)
            accepted, _ = listener.accept()
            assert loopback.is_accepted(caller)
            accepted.close()
            assert loopback.is_accepted(caller)


def test_the_servers_request_keeps_the_name() -> None:
    async def ask(url: str) -> int:
        transport = AiohttpTransport(None, connections=1, idle_seconds=1)
        try:
            return (await transport.handle_async_request(httpx2.Request("GET", url))).status_code
        finally:
            await transport.aclose()

    with _impostor(user=os.geteuid()) as (port, heard):
        assert asyncio.run(ask(f"http://localhost:{port}/certs")) == 200
    assert f"Host: localhost:{port}".lower() in heard[0].lower()
    assert heard[0].lower().count(r"\nhost:") == 1
