"""Faults in the words of the engine and of Docker, and in ours."""

from __future__ import annotations

import socket

import pytest

from provision.engine.error_messages import advice, condensed, explained
from provision.runtimes import registry
from provision.runtimes.docker import published


def _explained(errors):
    return explained(errors, [registry.runtime("docker")])


@pytest.mark.parametrize(
    "words",
    [
        "driver failed programming external connectivity on endpoint x (7f): Bind for 127.0.0.1:{port} failed: port is already allocated",
        "failed to bind host port for 127.0.0.1:{port}:172.18.0.2:8080/tcp: address already in use",
        "Error starting userland proxy: listen tcp4 127.0.0.1:{port}: bind: address already in use",
    ],
)
def test_a_taken_port_is_named_with_its_holder(words, monkeypatch):
    monkeypatch.setattr(published, "_holders", lambda _: [])
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        error = _explained(f"keycloak: Unable to start container: {words.format(port=port)}")
    assert error is not None
    assert error.what.startswith(f"Port {port} is taken by process ")


def test_a_container_that_holds_a_port_is_named(monkeypatch):
    monkeypatch.setattr(published, "_holders", lambda _: [{"Names": ["/web"], "Labels": {}}])
    assert published.taken(80).what == "Port 80 is taken by container web."


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (
            "pull access denied for nowhere, repository does not exist or may require 'docker login'",
            "nowhere",
        ),
        ("manifest for keycloak:99 not found: manifest unknown", "keycloak:99"),
        (
            "failed to solve: nowhere:1: failed to resolve source metadata for docker.io/library/nowhere:1: pull access denied, …",
            "docker.io/library/nowhere:1",
        ),
        (
            'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
            "registry",
        ),
        (
            (
                "Error running buildx build: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0:"
                ' failed to create LLB definition: failed to do request: Head "http://127.0.0.1:1/v2/nowhere/manifests/1":'
                " dial tcp 127.0.0.1:1: connect: connection refused"
            ),
            'registry is out of reach: failed to do request: Head "http://127.0.0.1:1/v2/nowhere/manifests/1"',
        ),
        (
            (
                "Error running buildx build: failed to solve: 127.0.0.1:1/nowhere:1: failed to resolve source metadata for"
                ' 127.0.0.1:1/nowhere:1: failed to do request: Head "https://127.0.0.1:1/v2/nowhere/manifests/1": EOF'
            ),
            "registry is out of reach",
        ),
        (
            (
                "Error running buildx build: failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0:"
                " failed to create LLB definition: localhost:5000/nowhere:1: not found"
            ),
            "localhost:5000/nowhere:1",
        ),
        (
            "Error running buildx build: failed to solve: docker.io/library/nowhere:1: not found",
            "docker.io/library/nowhere:1",
        ),
    ],
)
def test_an_image_that_is_not_to_be_had_is_named_with_the_setting(words, named):
    error = _explained(f"keycloak-image: Unable to build image: {words}\nStep 1/22 : ARG BASE")
    assert error is not None
    assert named in error.what
    assert "baseImages" in error.do


def test_a_full_disk_is_said():
    error = _explained("keycloak-image: write /data: no space left on device\nStep 1/2")
    assert error is not None
    assert error.what == "The disk is full."


@pytest.mark.parametrize(
    "words",
    [
        "The command '/bin/false' returned a non-zero code: 1",
        (
            'Error running buildx build: failed to solve: process "/bin/sh -c tool" did not complete successfully: exit code: 127'
            "\n/bin/sh: 1: tool: not found"
        ),
        (
            "Error running buildx build: failed to solve: failed to compute cache key: failed to calculate checksum of ref"
            ' abc::def: "/server": not found'
        ),
    ],
)
def test_other_faults_stay_as_they_are(words):
    assert _explained(f"keycloak-image: {words}") is None


def test_a_long_message_keeps_its_ends():
    lines = [f"line {number}" for number in range(40)]
    short = condensed("\n".join(lines)).splitlines()
    assert short[:2] == lines[:2]
    assert short[2] == "… (32 more lines)"
    assert short[3:] == lines[-6:]
    assert condensed("\n".join(lines[:9])) == "\n".join(lines[:9])


def test_what_did_not_become_healthy_has_a_log():
    assert "provision logs" in advice("keycloak: Container x failed to be in healthy state")
    assert advice("keycloak: something else") == ""
