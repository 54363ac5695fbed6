"""The reference MCP server's image: its build context, and the arguments of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.runtimes.docker import build_context, health

if TYPE_CHECKING:
    from pathlib import Path

BASE = "python:3.12-slim"
UID = 10001
USER = f"{UID}:{UID}"
FOLDER = "/run/mcp"  # a volume with files, see provision.runtimes.docker
SETTINGS = f"{FOLDER}/settings.json"
SECRET = f"{FOLDER}/introspection-secret"
TLS_CERTIFICATE = f"{FOLDER}/tls.crt"
TLS_KEY = f"{FOLDER}/tls.key"
FILE_MODE = "0400"
ENTRYPOINT = ("python3", "-P", "-m", "provision.server", "--settings", SETTINGS)
TMPFS = {"/tmp": "rw,noexec,nosuid,nodev,size=16m"}  # noqa: S108 - inside the container

_PROBE = """\
import os, socket, time
{prepare}def ready():
    try:
        with {connect} as probe:
            probe.sendall(b"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
            return probe.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False
wait = {start}
if os.path.exists("{mark}"):
    time.sleep({quiet})
    wait = {again}
end = time.monotonic() + wait
while not ready():
    if time.monotonic() > end:
        raise SystemExit(1)
    time.sleep(0.05)
open("{mark}", "wb").close()
"""
_CONNECT = 'socket.create_connection(("127.0.0.1", {port}), {answer})'
# The probe trusts exactly the server's certificate, with any issuer, even if the certificate has expired.
_PREPARE_TLS = """\
import ssl
tls = ssl.create_default_context(cafile="{certificate}")
tls.verify_flags = ssl.VERIFY_X509_PARTIAL_CHAIN | {no_check_time}
"""
_CONNECT_TLS = f'tls.wrap_socket({_CONNECT}, server_hostname="localhost")'
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which Python has no name


def health_check(port: int, path: str = "/health/live", *, certificate: str | None = None) -> tuple[str, ...]:
    """Return the command of a health check for an image with neither curl nor shell; see :mod:`.health`.

    Args:
        port: The port that the server listens on in its container.
        path: ``/health/live``, or ``/health/ready`` to ask the authorization server too.
        certificate: The file of the server's certificate in the container; None if the server speaks plain HTTP.
    """
    connect = _CONNECT if certificate is None else _CONNECT_TLS
    prepare = "" if certificate is None else _PREPARE_TLS
    probe = _PROBE.format(
        connect=connect.format(port=port, answer=health.ANSWER_SECONDS),
        prepare=prepare.format(certificate=certificate, no_check_time=_NO_CHECK_TIME),
        path=path,
        mark=health.MARK,
        quiet=health.QUIET_SECONDS,
        start=health.START_SECONDS,
        again=health.AGAIN_SECONDS,
    )
    return ("CMD", "python3", "-IS", "-c", probe)


def write_context(folder: Path) -> str:
    """Write the image's build context into a folder.

    Args:
        folder: The folder, whose content is replaced.

    Returns:
        A digest of the context, in hex.
    """
    # All that the server imports of ours besides itself, which an import contract keeps so.
    needed = build_context.imported_by("_lib/loopback.py")
    return build_context.write(folder, "server", sorted({*build_context.package("server"), *needed}))
