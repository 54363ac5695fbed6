"""The ports that the engine calls answer the user who opened them, and nobody else on the machine."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2_grpc, provider_pb2, provider_pb2_grpc

import provision
from provision._lib import loopback
from provision._lib.grpc_server import LARGEST, make_server
from provision.engine.lazy_server import LazyGrpcServer
from provision.provider.servicer import Servicer
from provision.provider.wire import to_struct
from provision.rules.pack import Analyzer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534
as_another_user = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")

# It becomes the other user once everything is loaded: that user may not be able to read this Python.
_CALLS = """
import os, sys, json, grpc
from google.protobuf.empty_pb2 import Empty
port, user, methods = json.loads(sys.argv[1])
os.setuid(user)
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
for method in methods:
    call = channel.unary_unary(method, request_serializer=Empty.SerializeToString, response_deserializer=bytes)
    try:
        call(Empty(), timeout=10)
        print("answered")
    except grpc.RpcError as error:
        print(error.code().name)
"""
_PROVIDER = "/pulumirpc.ResourceProvider/"
_METHODS = [
    "GetPluginInfo",
    "GetSchema",
    "Handshake",
    "Attach",
    "CheckConfig",
    "DiffConfig",
    "Configure",
    "Check",
    "Diff",
    "Create",
    "Update",
    "Delete",
    "Read",
    "Cancel",
]


def _answers(port: int, *methods: str, user: int) -> list[str]:
    """Return what a process of the user is told by each method."""
    argument = json.dumps([port, user, methods])
    done = subprocess.run(
        [sys.executable, "-c", _CALLS, argument], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


@contextmanager
def _serving(add: Callable[[grpc.Server], None]) -> Iterator[int]:
    server, port = make_server(4)
    add(server)
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None)


def _provider(server: grpc.Server) -> None:
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer("1.0"), server)


def test_the_user_who_opened_it_is_answered() -> None:
    with _serving(_provider) as port:
        assert _answers(port, f"{_PROVIDER}GetPluginInfo", user=os.geteuid()) == ["answered"]


@as_another_user
def test_another_user_is_refused_by_every_method_of_the_provider() -> None:
    with _serving(_provider) as port:
        answers = _answers(port, *(_PROVIDER + name for name in _METHODS), user=NOBODY)
    assert answers == ["PERMISSION_DENIED"] * len(_METHODS)


@as_another_user
def test_another_user_is_refused_by_the_policy_pack() -> None:
    with _serving(
        lambda server: analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    ) as port:
        assert _answers(port, "/pulumirpc.Analyzer/GetAnalyzerInfo", user=NOBODY) == ["PERMISSION_DENIED"]


@as_another_user
def test_another_user_is_refused_by_the_port_of_a_command() -> None:
    with LazyGrpcServer() as server:
        server.connect(_provider)
        port = int(server.address.rpartition(":")[2])
        assert _answers(port, f"{_PROVIDER}GetPluginInfo", user=NOBODY) == ["PERMISSION_DENIED"]


def test_streams_are_checked_like_single_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = grpc.method_handlers_generic_handler(
        "t.T", {"Numbers": grpc.stream_stream_rpc_method_handler(lambda requests, _context: iter(requests))}
    )
    with _serving(lambda server: server.add_generic_rpc_handlers((handler,))) as port:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        assert list(channel.stream_stream("/t.T/Numbers")(iter([b"1", b"2"]), timeout=10)) == [b"1", b"2"]
        monkeypatch.setattr(loopback, "is_own_peer", lambda *_: False)
        with pytest.raises(grpc.RpcError) as refused:
            list(channel.stream_stream("/t.T/Numbers")(iter([b"1"]), timeout=10))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_a_caller_that_has_hung_up_is_nobody() -> None:
    """The kernel shows a socket that no process holds as root's, so root would be let in by it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own_port = listener.getsockname()[1]
        caller = socket.create_connection(listener.getsockname())
        peer_port = caller.getsockname()[1]
        accepted, _ = listener.accept()
        with accepted:
            assert loopback.is_own_peer(("127.0.0.1", peer_port), own_port)
            assert not loopback.is_own_peer(("127.0.0.1", own_port), peer_port + 1)
            caller.close()
            assert not loopback.is_own_peer(("127.0.0.1", peer_port), own_port)


@contextmanager
def _relay(address: str, local_port: int, port: int) -> Iterator[int]:
    """Hand on what comes to the yielded port, by a connection from an address and a port of this machine to ``port``."""

    def hand_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with listener.accept()[0] as near, socket.socket() as far:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            far.bind((address, local_port))
            far.connect(("127.0.0.1", port))
            back = threading.Thread(target=hand_on, args=(far, near), daemon=True)
            back.start()
            hand_on(near, far)
            back.join(5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_the_port_of_a_connection_of_ours_opens_no_door_at_another_address(address: str) -> None:
    """Another user may bind 127.0.0.2 and the very port that the engine has on 127.0.0.1."""
    with (
        _serving(_provider) as port,
        socket.create_connection(("127.0.0.1", port)) as engine,
        _relay(address, 0 if address == "127.0.0.1" else engine.getsockname()[1], port) as relayed,
    ):
        answers = _answers(relayed, f"{_PROVIDER}GetPluginInfo", user=os.geteuid())
    assert answers == (["answered"] if address == "127.0.0.1" else ["PERMISSION_DENIED"])


def test_a_caller_from_an_ipv6_socket_is_found_as_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        caller = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        with caller:
            caller.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            caller.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
            assert loopback.is_own_peer(("127.0.0.1", caller.getsockname()[1]), listener.getsockname()[1])


@as_another_user
@pytest.mark.parametrize("user", [os.geteuid(), NOBODY])
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_the_user_of_a_caller_is_known_whatever_its_address(user: int, address: str) -> None:
    call = (
        "import os, socket, sys, encodings.idna; os.setuid(int(sys.argv[1])); kept = socket.socket();"
        "kept.bind((sys.argv[3], 0)); kept.connect(('127.0.0.1', int(sys.argv[2]))); sys.stdin.read()"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        line = [sys.executable, "-c", call, str(user), str(listener.getsockname()[1]), address]
        caller = subprocess.Popen(line, stdin=subprocess.PIPE)
        accepted, peer = listener.accept()
        with accepted:
            assert peer[0] == address
            assert loopback.user_at(peer, accepted.getsockname()) == user
            caller.communicate(timeout=30)
            assert loopback.user_at(peer, accepted.getsockname()) is None
    assert loopback.user_at(("192.0.2.1", 5), ("192.0.2.2", 6)) is None


def test_where_the_kernel_does_not_tell_the_processes_of_this_user_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(loopback, "_TABLES", (tmp_path / "none", tmp_path / "none6"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        caller = socket.create_connection(listener.getsockname())
        peer, own_port = caller.getsockname(), listener.getsockname()[1]
        with caller:
            assert loopback.is_own_peer(peer, own_port)
            assert not loopback.is_own_peer(("127.0.0.2", peer[1]), own_port)
        assert not loopback.is_own_peer((peer[0], peer[1] + 1), own_port)


def test_a_configuration_counts_for_the_connection_on_which_it_came() -> None:
    """The admin's session of one program is not handed to a second process, not even to one of the same user."""
    arguments = {"url": "http://127.0.0.1:9", "clientId": "admin", "clientSecret": "a secret of the admin"}
    urn = "urn:pulumi:dev::project::provision:keycloak:Realm::realm"
    with _serving(_provider) as port:
        configured, other = (
            grpc.insecure_channel(f"127.0.0.1:{port}", (("grpc.use_local_subchannel_pool", 1),)) for _ in "ab"
        )
        stub = provider_pb2_grpc.ResourceProviderStub(configured)
        stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(arguments)), timeout=10)
        refusals = []
        for channel in (configured, other):
            with pytest.raises(grpc.RpcError) as refused:
                provider_pb2_grpc.ResourceProviderStub(channel).Read(
                    provider_pb2.ReadRequest(urn=urn, id="mcp"), timeout=30
                )
            refusals.append(refused.value.details())
    assert "Keycloak at http://127.0.0.1:9 does not answer" in refusals[0]
    assert "its provider was given none" in refusals[1]


def test_every_server_for_the_engine_is_made_in_one_place() -> None:
    """A server that is made elsewhere would answer every user of the machine."""
    package = Path(provision.__file__).parent
    makers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"add_insecure_port", "add_secure_port"}
    }
    assert makers == {"_lib/grpc_server.py"}


def test_no_more_than_a_message_about_one_object_is_read_before_the_caller_is_known():
    with _serving(
        lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer("1"), server)
    ) as port:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        call = channel.unary_unary(f"{_PROVIDER}Check", request_serializer=bytes, response_deserializer=bytes)
        with pytest.raises(grpc.RpcError) as refused:
            call(bytes(LARGEST + 1), timeout=30)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
