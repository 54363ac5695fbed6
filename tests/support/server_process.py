"""The server as a process of its own, and a stand-in for the authorization server on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx2

from provision.runtimes.process.ports import pick_free

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ISSUER = "http://localhost:8080/realms/mcp"
SECRET = "a-secret-that-no-log-may-hold"
TOKEN = "a-token-that-no-log-may-hold"


class StandIn(BaseHTTPRequestHandler):
    """A stand-in that vouches for the tokens that it knows."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.server.gone:
            self.close_connection = True
            return
        self.server.asked.set()
        self.server.may_answer.wait(60)
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        answer = {
            "active": form["token"][0] in self.server.tokens and form["client_secret"] == [SECRET],
            "iss": ISSUER,
            "aud": form["client_id"][0],
            "exp": int(time.time()) + 60,
            "sub": "subject-1",
            "client_id": "client-1",
            "scope": "mcp:tools",
            "typ": "Bearer",
            **self.server.tokens.get(form["token"][0], {}),
        }
        content = json.dumps(answer).encode()
        if self.server.gone:
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Authorization:
    """The stand-in's server, which can go away and come back at the same address."""

    def __init__(self) -> None:
        self.port = pick_free()
        self.tokens: dict[str, dict[str, Any]] = {TOKEN: {}}
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._server: ThreadingHTTPServer | None = None

    def up(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), StandIn)
        self._server.daemon_threads = True
        self._server.gone = False
        self._server.tokens = self.tokens
        self._server.asked = self.asked
        self._server.may_answer = self.may_answer
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.gone = True  # for the connections that clients have kept
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Process:
    """A running server."""

    def __init__(
        self, document: dict[str, Any], tmp_path: Path, environment: dict[str, str] | None = None
    ) -> None:
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps(document))
        self.url = document["url"]
        self.base = self.url.removesuffix("/mcp")
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "provision.server", "--settings", str(settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def wait_until_live(self) -> None:
        for _ in range(500):
            try:
                assert httpx2.get(f"{self.base}/health/live", timeout=30).status_code == 200
            except httpx2.ConnectError:
                assert self.popen.poll() is None, self.popen.communicate()
                time.sleep(0.05)
            else:
                return

    def post(self, token: str | None, **message: object) -> httpx2.Response:
        return httpx2.post(
            self.url,
            headers={
                "Accept": "application/json, text/event-stream",
                **({} if token is None else {"Authorization": f"Bearer {token}"}),
            },
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}, **message},
        )

    def end(self) -> tuple[float, str]:
        """End the server and return the seconds that this took, and its whole output."""
        started = time.perf_counter()
        self.popen.send_signal(signal.SIGTERM)
        written = "".join(self.popen.communicate(timeout=20))
        return time.perf_counter() - started, written


def run(document: object, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(document))
    command = [sys.executable, "-m", "provision.server", "--settings", str(settings)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def exchange(process: Process, parts: Iterable[bytes]) -> bytes:
    """Send bytes unchanged and return the whole answer until the server ends the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", int(process.base.rsplit(":", 1)[1])), timeout=20) as wire:
        with contextlib.suppress(ConnectionError):  # the server may refuse while there is more to send
            for part in parts:
                wire.sendall(part)
        with contextlib.suppress(ConnectionError):
            while part := wire.recv(65536):
                received += part
    return received
