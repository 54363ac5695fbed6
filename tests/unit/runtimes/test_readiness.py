"""When Keycloak counts as ready, tried against a stand-in that speaks HTTP."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision.runtimes.process import ports, readiness

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Keycloak:
    """A stand-in for the token endpoint."""

    def __init__(self) -> None:
        self.status = 200
        self.authorization = ""
        self.calls = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.calls += 1
                outer.authorization = self.headers["Authorization"]
                body = json.dumps({"access_token": "token"}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.send_response(outer.status if self.path == "/realms/master" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def keycloak() -> Iterator[_Keycloak]:
    keycloak = _Keycloak()
    yield keycloak
    keycloak.server.shutdown()
    keycloak.server.server_close()


def test_it_is_not_asked_before_its_log_says_that_it_makes_sense(keycloak, tmp_path):
    log = tmp_path / "log"
    ready = readiness.Readiness(log, keycloak.port, "admin", "secret")
    assert not ready()
    log.write_text("Listening on\nBootstrap compl")
    assert not ready()
    assert keycloak.calls == 0
    log.write_text("Listening on\nBootstrap completed in 1.0 seconds\n")
    assert ready()


def test_it_is_asked_all_the_same_where_the_log_stays_silent(keycloak, tmp_path, monkeypatch):
    monkeypatch.setattr(readiness, "ASK_ANYWAY_SECONDS", 0)
    assert readiness.Readiness(tmp_path / "log", keycloak.port, "admin", "secret")()


def test_the_account_is_encoded_as_the_specification_asks(keycloak):
    assert readiness.fetch_token(keycloak.port, "ad:min", "a b%+é") == "token"
    decoded = base64.b64decode(keycloak.authorization.removeprefix("Basic ")).decode()
    assert decoded == "ad%3Amin:a+b%25%2B%C3%A9"


@pytest.mark.parametrize("status", [404, 500, 503])
def test_one_that_is_not_up_yet_gives_no_token(keycloak, status):
    keycloak.status = status
    assert readiness.fetch_token(keycloak.port, "admin", "secret") is None


def test_a_closed_port_gives_no_token():
    assert readiness.fetch_token(ports.pick_free(), "admin", "secret") is None


def test_a_refused_account_is_an_error_without_the_secret(keycloak):
    keycloak.status = 401
    with pytest.raises(ProvisionError, match="refuses") as caught:
        readiness.fetch_token(keycloak.port, "admin", "top-secret")
    assert "top-secret" not in str(caught.value)


def test_it_answers_as_soon_as_it_shows_its_master_realm(keycloak):
    assert readiness.answers(keycloak.port)
    keycloak.status = 503
    assert not readiness.answers(keycloak.port)
    assert not readiness.answers(ports.pick_free())


def test_the_program_of_another_user_is_not_taken_for_keycloak(keycloak, monkeypatch):
    def refuse(connected):
        raise ProvisionError("The port belongs to a program of another user.")

    monkeypatch.setattr(readiness.loopback, "refuse_foreign_end", refuse)
    with pytest.raises(ProvisionError, match="another user"):
        readiness.answers(keycloak.port)
