"""Keycloak's data for a backup, with a stand-in for Keycloak: a program that shows a master realm on its port."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import ExitStack

import pytest

from provision._lib.urls import port_of
from provision.keycloak.version import VERSION
from provision.runtimes.keycloak_data import KeycloakData
from provision.runtimes.process import database, keycloak, managed_process, ports, readiness
from provision.runtimes.process.managed_process import ProcessSettings
from tests.support.stack_cli import alive

_PROGRAM = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
_DATA = KeycloakData(b"database", "id", "client", "user")


@pytest.fixture
def home(tmp_path):
    """The folder of a Keycloak that runs on the data of a backup."""
    home, port = tmp_path / "stack" / "keycloak", ports.pick_free()
    keycloak.put_data(home, _DATA)
    (home / keycloak.SERVER / "lib").symlink_to(f"/prepared/{VERSION}-abc/keycloak/lib")
    facts = home / keycloak.SERVER / "data" / keycloak.FACTS
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "url": f"http://localhost:{port}"}))
    what = ProcessSettings(
        name="Keycloak",
        home=home,
        command=(sys.executable, "-c", _PROGRAM, str(port)),
        log=keycloak.LOG,
    )
    managed_process.start(what, lambda: readiness.answers(port))
    yield home
    managed_process.stop(home)


def _file(home):
    return home / keycloak.SERVER / "data" / keycloak.DATABASE / database.FILE


def test_what_was_put_is_taken_again_and_keycloak_runs_as_before(home):
    before = managed_process.running(home)
    copied = keycloak.take_data(home)
    assert copied.database == _DATA.database
    assert copied.seconds > 0
    assert copied.fault is None
    after = managed_process.running(home)
    assert after.ready
    assert not alive(before.pid), "it was stopped for the copy"
    assert after.digest == before.digest, "the next up finds nothing to do"
    assert _file(home).stat().st_mode & 0o777 == 0o600


def test_the_copy_is_whole_although_somebody_took_the_port_meanwhile(home, monkeypatch):
    port = port_of(keycloak._Data(home / keycloak.SERVER / "data").facts()["url"])
    terminate = managed_process.terminate
    with ExitStack() as taken:

        def take_the_port(home, **options):
            monkeypatch.undo()
            terminate(home, **options)
            taken.enter_context(socket.create_server(("127.0.0.1", port)))

        monkeypatch.setattr(managed_process, "terminate", take_the_port)
        copied = keycloak.take_data(home)
    assert copied.database == _DATA.database
    assert copied.fault is not None


def test_keycloak_is_started_again_when_its_data_can_not_be_copied(home):
    before = managed_process.running(home)
    _file(home).unlink()
    with pytest.raises(FileNotFoundError):
        keycloak.take_data(home)
    after = managed_process.running(home)
    assert after.ready
    assert after.pid != before.pid
