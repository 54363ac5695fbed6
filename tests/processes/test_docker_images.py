"""What the container images install, and the check of their servers' health."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import threading

import pytest

from provision.runtimes.docker import build_context, health, server_image
from provision.server.tls import server_context
from tests.support.certificate_authority import Authority
from tools import image_requirements


@pytest.mark.parametrize("image", ["server", "keycloak"])
def test_an_image_installs_what_the_lock_file_says(image):
    written = (build_context.IMAGES / image / "requirements.txt").read_text()
    assert written == image_requirements.requirements(image), "run: make requirements"
    names = set(re.findall(r"^([\w.-]+)==", written, re.MULTILINE))
    assert not names & {"pulumi", "python-keycloak"}
    assert len(re.findall(r"^\S+==", written, re.MULTILINE)) <= len(re.findall("--hash=sha256:", written))


def _answer_once(listener, context):
    """Answer one request by HTTPS."""
    wire, _ = listener.accept()
    with (
        contextlib.suppress(ssl.SSLError, ConnectionError),  # a check that refuses it hangs up
        context.wrap_socket(wire, server_side=True) as secured,
    ):
        assert secured.recv(4096).startswith(b"GET /health/live HTTP/1.1\r\n")
        secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _is_healthy(tmp_path, served, expected):
    """Whether the health check of one certificate takes a server with another; it does not wait here."""
    context = server_context(served.certificate, served.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_answer_once, args=(listener, context))
        server.start()
        port = listener.getsockname()[1]
        *_, script = server_image.health_check(port, certificate=str(expected.certificate))
        script = script.replace(health.MARK, str(tmp_path / "healthy"))
        script = script.replace(f"wait = {health.START_SECONDS}\n", "wait = 0\n")
        done = subprocess.run([sys.executable, "-IS", "-c", script], check=False, timeout=30)
        server.join()
    return done.returncode == 0


def test_a_server_with_its_certificate_is_healthy_also_when_that_has_ended(tmp_path):
    """That it has ended is said by `up`, which would otherwise take the container for a broken one and remove it."""
    authority = Authority(tmp_path)
    for pair in (authority.issue("good"), authority.issue("ended", days=-1)):
        assert _is_healthy(tmp_path, pair, pair)
        (tmp_path / "healthy").unlink()


def test_a_server_with_another_certificate_is_not_healthy(tmp_path):
    authority = Authority(tmp_path)
    assert not _is_healthy(tmp_path, authority.issue("one"), authority.issue("two"))
