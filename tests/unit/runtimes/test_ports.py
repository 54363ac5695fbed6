"""TCP ports of this machine."""

from __future__ import annotations

import os
import socket

import psutil
import pytest

from provision._lib.errors import ProvisionError
from provision.runtimes.process import ports


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_was_picked_is_free():
    port = ports.pick_free()
    ports.ensure_free(port)


def test_a_port_that_was_picked_is_none_that_an_outgoing_connection_may_take():
    assert {ports.pick_free() < 32_768 for _ in range(50)} == {True}


def test_no_free_port_is_an_error_and_not_an_endless_search(monkeypatch):
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(ProvisionError, match="No free port was found between 15000 and 32767"):
        ports.pick_free()


def test_a_taken_port_names_the_process_that_holds_it(listener):
    with pytest.raises(
        ProvisionError, match=rf"Port {listener} is taken by process {os.getpid()} \(.*python"
    ):
        ports.ensure_free(listener)


def test_a_taken_port_says_where_another_one_is_chosen(listener):
    assert "provision:keycloak.port or provision:server.port in the stack file" in ports.taken(listener).do
    error = ports.taken(listener, key="provision:server.port", file="/shop/Pulumi.dev.yaml")
    assert (
        error.do == "Stop that process, or set another port: provision:server.port in /shop/Pulumi.dev.yaml."
    )


def test_a_taken_port_whose_holder_cannot_be_seen_says_so(listener, monkeypatch):
    def hidden(**_arguments: object):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", hidden)
    with pytest.raises(ProvisionError, match="may not see"):
        ports.ensure_free(listener)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_a_listener_on_ipv6_loopback_takes_the_port_too():
    with socket.socket(socket.AF_INET6) as server:
        try:
            server.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        server.listen()
        assert not ports.is_free(server.getsockname()[1])


def test_a_listener_on_all_addresses_takes_the_port():
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        assert not ports.is_free(server.getsockname()[1])
