"""The server speaks HTTPS with a certificate of its own, as a process."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import time
from pathlib import Path

import httpx2
import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provision.server.settings import SettingsError
from provision.server.tls import server_context
from tests.support.server_process import TOKEN, Process, run


def _certificate(folder, name="server") -> tuple[str, str]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(_pem(key, serialization.NoEncryption()))
    key_file.chmod(0o400)
    return str(certificate_file), str(key_file)


def _pem(key, encryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.fixture
def https(document, tmp_path):
    """The settings of a server with a certificate."""
    certificate, key = _certificate(tmp_path)
    return {
        **document,
        "shutdown_seconds": 20,
        "url": document["url"].replace("http:", "https:"),
        "introspection_client_id": document["url"].replace("http:", "https:"),
        "tls_certificate_file": certificate,
        "tls_key_file": key,
    }


@pytest.fixture
def process(https, tmp_path):
    process = Process(https, tmp_path)
    yield process
    if process.popen.poll() is None:
        process.popen.kill()
        process.popen.communicate()


def test_clients_that_never_shake_hands_keep_nobody_out(https, tmp_path, authorization):
    authorization.up()
    process = Process({**https, "max_connections": 16}, tmp_path)
    try:
        silent = []
        for _ in range(600):
            for _ in range(200):
                try:
                    silent.append(socket.create_connection(("127.0.0.1", https["port"]), timeout=20))
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
        with httpx2.Client(verify=_trusting(https)) as http:
            assert http.get(f"{process.base}/health/live").status_code == 200
        assert psutil.Process(process.popen.pid).num_fds() < 200
        for wire in silent:
            wire.close()
        process.end()
    finally:
        process.popen.kill()
        process.popen.communicate()


def _trusting(https) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=https["tls_certificate_file"])


async def _wait_until_live(process, context) -> None:
    """It listens before it has imported its libraries: whoever connects then is answered when it can."""
    process.popen.stderr.readline()  # "... serves ..."
    async with httpx2.AsyncClient(verify=context, trust_env=False, timeout=30) as http:
        assert (await http.get(f"{process.base}/health/live")).status_code == 200


async def test_a_client_that_verifies_the_certificate_calls_a_tool(process, https, authorization):
    from fastmcp import Client
    from fastmcp.client.transports import StreamableHttpTransport

    authorization.up()
    trusting = _trusting(https)
    await _wait_until_live(process, trusting)
    transport = StreamableHttpTransport(process.url, auth=TOKEN, verify=trusting)
    async with Client(transport) as client:
        result = await client.call_tool("multiply_numbers", {"x": 6, "y": 7})
    assert result.structured_content["result"] == 42
    async with httpx2.AsyncClient(verify=trusting, trust_env=False) as http:
        answer = await http.post(process.url, json={})
        assert answer.status_code == 401
        metadata = f"{process.base}/.well-known/oauth-protected-resource/mcp"
        assert f'resource_metadata="{metadata}"' in answer.headers["WWW-Authenticate"]
        assert (await http.get(metadata)).json()["resource"] == process.url
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
        httpx2.get(f"{process.base}/health/live", trust_env=False)


async def test_it_does_not_speak_plain_http_beside(process, https):
    await _wait_until_live(process, _trusting(https))
    with socket.create_connection(("127.0.0.1", https["port"]), timeout=10) as wire:
        wire.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not wire.recv(4096).startswith(b"HTTP")


def test_no_tls_before_1_2_is_spoken(tmp_path):
    context = server_context(*map(Path, _certificate(tmp_path)))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


async def test_a_kept_connection_does_not_hold_up_its_end(process, https):
    trusting = _trusting(https)
    await _wait_until_live(process, trusting)
    with (
        socket.create_connection(("127.0.0.1", https["port"]), timeout=10) as wire,
        trusting.wrap_socket(wire, server_hostname="localhost") as kept,
    ):
        kept.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert kept.recv(4096).startswith(b"HTTP/1.1 200")
        seconds, _ = process.end()
    assert process.popen.returncode == 0
    assert seconds < 3, "a second, and some for a busy machine"


def _swap_key(folder) -> None:
    (folder / "other.key").replace(folder / "server.key")


def _with_password(folder) -> None:
    file = folder / "server.key"
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    file.chmod(0o600)
    file.write_bytes(_pem(key, serialization.BestAvailableEncryption(b"hush")))
    file.chmod(0o400)


@pytest.mark.parametrize(
    ("break_it", "line"),
    [
        (lambda folder: (folder / "server.key").chmod(0o444), "tls_key_file: {key} is open to other users"),
        (lambda folder: (folder / "server.key").unlink(), "tls_key_file: {key}: No such file or directory"),
        (
            lambda folder: (folder / "server.pem").unlink(),
            "tls_certificate_file: {certificate}: No such file",
        ),
        (lambda folder: (folder / "server.pem").write_text("hush"), "cannot be used: "),
        (
            lambda folder: _certificate(folder, "other") and _swap_key(folder),
            "cannot be used: key values mismatch",
        ),
        (_with_password, "cannot be used: a key with a password"),
    ],
    ids=["key open to others", "no key", "no certificate", "no PEM", "another's key", "key with a password"],
)
def test_a_certificate_that_cannot_be_used_is_said_in_one_line(tmp_path, break_it, line):
    certificate, key = _certificate(tmp_path)
    break_it(tmp_path)
    with pytest.raises(SettingsError) as raised:
        server_context(Path(certificate), Path(key))
    (problem,) = raised.value.problems
    assert line.format(key=key, certificate=certificate) in problem
    assert "hush" not in problem
    assert "\n" not in problem


def test_a_key_open_to_others_ends_it_with_2(https, tmp_path):
    (tmp_path / "server.key").chmod(0o444)
    done = run(https, tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: tls_key_file: ")
    assert len(done.stderr.splitlines()) == 1


def test_in_clear_it_does_not_listen_on_an_open_address(document, tmp_path):
    done = run({**document, "host": "0.0.0.0"}, tmp_path)
    assert done.returncode == 2
    assert "set tls_certificate_file and tls_key_file, or tls_terminated_by_proxy" in done.stderr
