"""The session against a small local server that answers what the test says: tries, waits, messages, certificates."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provision._lib import data_folder
from provision._lib.errors import AlreadyExistsError
from provision.engine.error_messages import explained
from provision.keycloak.api import transport
from provision.keycloak.api.session import KeycloakError, OutcomeUnknownError, Session
from provision.keycloak.connection import Connection

SECRET = "the-account-s-secret"


class Server:
    """Gives a token to everybody, and to other calls one answer after the other: status, JSON, headers."""

    def __init__(self, certificate=None):
        self.answers = deque()
        self.tokens = deque()
        self.seen = []
        self.logins = 0
        self.hangs_up = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.endswith("/token"):
                    outer.logins += 1
                    given = {"access_token": f"token-{outer.logins}", "expires_in": 60}
                    status, content, headers = outer.tokens.popleft() if outer.tokens else (200, given, {})
                else:
                    outer.seen.append(
                        (self.command, self.path, self.headers.get("Authorization"), body.decode())
                    )
                    status, content, headers = outer.answers.popleft()
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = outer.hangs_up

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as the base class looks for them

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # a refused certificate is what some tests are about
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def then(self, status, content=b"", **headers):
        """What the next call is answered with."""
        self.answers.append((status, content, {name.replace("_", "-"): v for name, v in headers.items()}))
        return self

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def session(server, pauses):
    return Session(Connection(url=server.url, client_id="account", client_secret=SECRET), sleep=pauses.append)


CALLS = {
    "get": lambda session: session.get("r", "roles"),
    "put": lambda session: session.put("r", "roles", body={}),
    "delete": lambda session: session.delete("r", "roles"),
    "post": lambda session: session.post("r", "roles", body={"name": "x"}),
}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("verb", ["get", "put", "delete"])
def test_a_passing_trouble_is_waited_out(server, session, pauses, verb, status):
    server.then(status).then(status).then(200)
    CALLS[verb](session)
    assert len(server.seen) == 3
    assert 0.1 <= pauses[0] <= 0.2
    assert 0.2 <= pauses[1] <= 0.4


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_creation_that_failed_on_the_way_is_not_sent_again(server, session, pauses, status):
    server.then(status, {"error": "unknown_error"})
    with pytest.raises(
        OutcomeUnknownError, match=f"unknown_error .POST /admin/realms/r/roles, of 'x', HTTP {status}"
    ):
        CALLS["post"](session)
    assert (len(server.seen), pauses) == (1, [])


def test_a_creation_that_was_turned_away_is_sent_again(server, session, pauses):
    server.then(429, Retry_After="3").then(201, Location="http://x/admin/realms/r/roles/the-id")
    assert CALLS["post"](session) == "the-id"
    assert 3 <= pauses[0] < 3.1


def test_a_creation_goes_over_a_new_connection_when_the_server_closed_the_old_one(server, session):
    server.hangs_up = True
    server.then(200, []).then(201)
    CALLS["get"](session)
    time.sleep(0.1)  # the end of the connection arrives
    CALLS["post"](session)
    assert len(server.seen) == 2


def test_a_write_in_between_is_no_conflict(server, session):
    server.then(409).then(200)
    CALLS["put"](session)
    assert len(server.seen) == 2


@pytest.mark.parametrize(("verb", "tries"), [("put", 4), ("post", 1), ("delete", 1)])
def test_a_true_conflict_is_told(server, session, verb, tries):
    for _ in range(tries):
        server.then(409, {"errorMessage": "Role with name x already exists"})
    with pytest.raises(AlreadyExistsError, match="Role with name x already exists"):
        CALLS[verb](session)
    assert len(server.seen) == tries


def test_the_server_s_wish_to_wait_may_be_a_date(server, session, pauses):
    server.then(503, Retry_After=format_datetime(datetime.now(tz=UTC) + timedelta(seconds=20))).then(200, [])
    CALLS["get"](session)
    assert 18 < pauses[0] < 20.1


def test_nobody_waits_longer_than_the_patience_lasts(server, session, pauses):
    server.then(503, {"error": "busy"}, Retry_After="31")
    with pytest.raises(KeycloakError, match="busy"):
        CALLS["get"](session)
    assert pauses == []


def test_the_waits_of_one_call_end(server, session, pauses):
    for _ in range(100):
        server.then(503)
    with pytest.raises(KeycloakError, match="HTTP 503"):
        CALLS["get"](session)
    assert 20 < sum(pauses) <= transport.PATIENCE_SECONDS
    assert max(pauses) <= 5


def test_a_defect_is_told_after_a_few_tries(server, session):
    for _ in range(4):
        server.then(500, {"error": "unknown_error"})
    with pytest.raises(KeycloakError, match="HTTP 500"):
        CALLS["get"](session)
    assert len(server.seen) == 4


@pytest.mark.parametrize("verb", CALLS)
def test_an_address_where_nobody_answers_is_told_soon(pauses, verb):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    session = Session(
        Connection(url=f"http://127.0.0.1:{port}", client_id="account", client_secret=SECRET),
        sleep=pauses.append,
    )
    with pytest.raises(
        KeycloakError, match=r"does not answer: no connection; .*/admin/realms/r/roles"
    ) as caught:
        CALLS[verb](session)
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert 0 < sum(pauses) <= transport.FIRST_CONTACT_SECONDS


@pytest.mark.parametrize("verb", CALLS)
def test_a_call_whose_token_is_refused_is_tried_once_more_with_a_new_one(server, session, verb):
    server.then(401).then(200)
    CALLS[verb](session)
    assert [token for _, _, token, _ in server.seen] == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("verb", CALLS)
def test_a_call_whose_new_token_is_refused_too_fails(server, session, verb):
    server.then(401).then(401, {"error": "HTTP 401 Unauthorized"})
    with pytest.raises(KeycloakError, match="HTTP 401 Unauthorized"):
        CALLS[verb](session)
    assert len(server.seen) == 2


def test_a_call_that_is_forbidden_says_which_account_needs_a_role(server, session):
    server.then(403, {"error": "HTTP 403 Forbidden"})
    with pytest.raises(KeycloakError, match="Give the service account 'account' the role"):
        CALLS["get"](session)
    assert len(server.seen) == 1


def test_a_realm_that_was_made_needs_a_new_token(server, session):
    server.then(201).then(200, {"realm": "r", "id": "i"}).then(200, {})
    session.post("", body={"realm": "r"})
    session.get("r")
    session.get("r")
    assert [token for _, _, token, _ in server.seen] == ["Bearer token-1", "Bearer token-2", "Bearer token-2"]


def test_a_public_document_is_read_without_a_token(server, session):
    server.then(200, {"issuer": "x"})
    assert session.public("r", ".well-known", "openid-configuration") == {"issuer": "x"}
    assert (server.logins, server.seen[0][2]) == (0, None)


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_is_not_followed(server, session, status):
    server.tokens.append((status, b"", {"Location": f"{server.url}/elsewhere"}))
    with pytest.raises(KeycloakError, match="redirects to another address"):
        CALLS["post"](session)
    assert server.seen == []


def test_something_else_than_keycloak_is_told(server, session):
    server.tokens.append((200, b"<html>", {}))
    with pytest.raises(KeycloakError, match=r"gave no token \(HTTP 200\)"):
        CALLS["get"](session)
    server.then(200, b"<html>")
    with pytest.raises(KeycloakError, match="did not answer in JSON"):
        CALLS["get"](session)


def test_what_is_made_takes_longer_than_what_is_read(server, session, monkeypatch):
    asked = []
    monkeypatch.setattr(
        session._transport, "_try", lambda request: asked.append(request.read_seconds) or 1 / 0
    )
    for call in (lambda: session.post("", body={}), lambda: session.post("r", "roles", body={})):
        with pytest.raises(ZeroDivisionError):
            call()
    assert asked == [120, 120]


def test_an_answer_that_does_not_come_ends_the_call(server, session, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr("provision.keycloak.api.session._SLOW_SECONDS", 0.1)
    server.answers = type("Never", (), {"popleft": lambda self: gate.wait(5) or (200, b"", {})})()
    with pytest.raises(OutcomeUnknownError, match="no answer in time"):
        CALLS["post"](session)
    gate.set()
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"errorMessage": "One"}, "One"),
        ({"error": "invalid", "error_description": "Two"}, "Two"),
        ({"error": "Three"}, "Three"),
        (
            {"errors": [{"field": "email", "errorMessage": "four"}, {"errorMessage": "five"}]},
            "email: four; five",
        ),
        ({"field": "email", "errorMessage": "six"}, "email: six"),
        (b"<html>", "Bad Request"),
        ([], "Bad Request"),
    ],
)
def test_a_failure_names_call_object_status_and_keycloak_s_words(server, session, content, words):
    server.then(400, content)
    with pytest.raises(KeycloakError) as caught:
        session.post("r", "clients", body={"clientId": "c"})
    told = caught.value.what
    assert told == (
        f"Keycloak would not create clients in realm r: {words} (POST /admin/realms/r/clients, of 'c', HTTP 400)"
    )


@pytest.mark.parametrize(
    ("body", "echoed"),
    [
        ({"secret": "abc-def"}, ["abc-def"]),
        ({"credentials": [{"type": "password", "value": "p4ss"}]}, ["p4ss"]),
        ({"config": {"privateKey": ["BEGIN\nKEY"], "bindCredential": ["b1nd"]}}, ["BEGIN\nKEY", "b1nd"]),
        ({"deep": [{"smtp": {"password": "pw"}}], "apiKey": 123456}, ["pw", "123456"]),
        ({"clientSecret": "long", "password": "longer"}, ["longer"]),
        ({"secret": {"inner": "in-a-map"}}, ["in-a-map"]),
        ({}, [SECRET]),
    ],
)
def test_a_secret_that_keycloak_repeats_is_not_told(server, session, body, echoed):
    server.then(400, {"errorMessage": " and ".join(f"<{value}>" for value in echoed)})
    with pytest.raises(KeycloakError) as caught:
        session.post("r", "things", body=body)
    assert f": {' and '.join(['<[secret]>'] * len(echoed))} (POST" in caught.value.what


def test_what_is_no_secret_is_told(server, session):
    server.then(400, {"errorMessage": "the type password is true in refresh 120"})
    body = {
        "credentials": [{"type": "password", "temporary": True}],
        "attributes": {"use.refresh.tokens": "true", "access.token.lifespan": "120"},
    }
    with pytest.raises(KeycloakError, match="the type password is true in refresh 120"):
        session.post("r", "things", body=body)


def test_a_page_of_no_more_than_one_is_asked_for_once(server, session):
    server.then(200, [{"id": number} for number in range(99)])
    assert len(list(session.list("r", "roles", search="x"))) == 99
    assert server.seen[0][1] == "/admin/realms/r/roles?search=x&first=0&max=100"


def test_pages_are_asked_for_until_one_is_short(server, session):
    items = [{"id": number} for number in range(200)]
    server.then(200, items[:100]).then(200, items[100:]).then(200, [])
    assert list(session.list("r", "roles")) == items


@pytest.mark.parametrize("size", [100, 150])
def test_a_collection_that_knows_no_pages_comes_once(server, session, size):
    items = [{"id": number} for number in range(size)]
    server.then(200, items).then(200, items)
    assert list(session.list("r", "client-scopes")) == items


def test_writes_to_one_realm_wait_for_each_other_and_creations_do_not(server, session):
    def alone(verb, *path):
        request = transport.Request(verb, "/".join(["admin/realms", *path]), {})
        return session._guard(request) is not None

    assert alone("put", "r", "clients", "id")
    assert alone("put", "r")
    assert alone("delete", "r")
    assert alone("delete", "r", "default-default-client-scopes", "id")
    assert alone("post", "r", "partialImport")
    assert not alone("post", "r", "clients")
    assert not alone("post")
    assert not alone("delete", "r", "clients", "id")
    assert not alone("get", "r")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("ca") / "cert.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(pem) + private)
    return str(file)


@pytest.fixture
def secure(certificate):
    server = Server(certificate)
    yield server
    server.close()


def test_a_given_authority_is_trusted(secure, certificate):
    secure.then(200, [])
    connection = Connection(url=secure.url, client_id="a", client_secret=SECRET, ca_file=str(certificate))
    assert Session(connection).get("r", "roles") == []


def test_an_unknown_authority_is_told_at_once_with_what_to_do(secure, pauses):
    with pytest.raises(KeycloakError, match=r"not signed by an authority.*\n.*PEM bundle.*caFile"):
        CALLS["post"](
            Session(Connection(url=secure.url, client_id="a", client_secret=SECRET), sleep=pauses.append)
        )
    assert pauses == []


def test_a_certificate_for_another_name_is_told(secure, certificate):
    with pytest.raises(KeycloakError, match="for another name"):
        CALLS["get"](
            Session(
                Connection(
                    url=secure.url.replace("127.0.0.1", "localhost"),
                    client_id="a",
                    client_secret=SECRET,
                    ca_file=certificate,
                )
            )
        )


def test_a_ca_bundle_that_is_missing_or_none_is_told(tmp_path):
    with pytest.raises(KeycloakError, match=r"nowhere\.pem cannot be read: No such file"):
        Session(
            Connection(
                url="https://h", client_id="a", client_secret=SECRET, ca_file=str(tmp_path / "nowhere.pem")
            )
        )
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(KeycloakError, match=r"none\.pem holds no certificate"):
        Session(
            Connection(
                url="https://h", client_id="a", client_secret=SECRET, ca_file=str(tmp_path / "none.pem")
            )
        )


def test_a_connection_shows_no_secret():
    assert SECRET not in repr(Connection(url="https://h", client_id="a", client_secret=SECRET))


@pytest.fixture
def full_disk(monkeypatch):
    monkeypatch.setattr(data_folder.shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))


def _refusals(server, session):
    """Yield the errors of each kind of answer that a Keycloak on a full disk gives."""
    server.then(400, {"error": "Cannot parse the JSON"})
    with pytest.raises(KeycloakError) as read:
        session.get("r", "roles")
    yield read.value
    server.then(500, {"error": "unknown_error"})
    with pytest.raises(OutcomeUnknownError) as made:
        session.post("r", "roles", body={"name": "a"})
    yield made.value
    for _ in range(99):
        server.then(503, {})
    with pytest.raises(KeycloakError) as unavailable:
        session.get("r", "roles")
    yield unavailable.value
    server.answers.clear()
    server.tokens.extend([(500, {}, {})] * 500)
    other = Session(Connection(url=server.url, client_id="a", client_secret=SECRET), sleep=lambda _: None)
    with pytest.raises(KeycloakError) as login:
        other.get("r", "roles")
    yield login.value


@pytest.mark.usefixtures("full_disk")
def test_what_keycloak_says_on_a_full_disk_is_told_as_a_full_disk(server, session):
    for error in _refusals(server, session):
        assert explained(str(error)).what == "The disk is full.", error


def test_what_keycloak_says_with_space_left_says_nothing_of_the_disk(server, session):
    for error in _refusals(server, session):
        assert explained(str(error)) is None, error


@pytest.mark.usefixtures("full_disk")
def test_the_disk_of_this_machine_says_nothing_of_a_keycloak_elsewhere():
    elsewhere = Session(Connection(url="https://login.example.org", client_id="a", client_secret=SECRET))
    assert elsewhere._disk() == ""


def test_a_login_that_fails_is_the_answer_for_every_other_call(server, pauses):
    """One failing Keycloak is asked a few times in all, not a few times for each object."""
    server.tokens.extend([(503, {}, {})] * 500)
    session = Session(
        Connection(url=server.url, client_id="account", client_secret=SECRET), sleep=pauses.append
    )
    errors = []

    def call():
        with pytest.raises(KeycloakError, match=r"no token \(HTTP 503\)") as refused:
            session.get("r", "roles")
        errors.append(str(refused.value))

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    call()
    assert len(errors) == 17
    assert server.logins <= 25
    before = server.logins
    call()
    assert server.logins == before
    assert sum(pauses) <= 16 * transport.FIRST_CONTACT_SECONDS


def test_a_keycloak_that_hangs_is_told_within_ten_seconds(monkeypatch):
    monkeypatch.setattr(transport, "TOKEN_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        session = Session(
            Connection(url=url, client_id="account", client_secret=SECRET), sleep=lambda _: None
        )
        with pytest.raises(KeycloakError, match="no answer in time") as refused:
            session.get("r", "roles")
        assert "look into its log" in refused.value.do
        began = time.monotonic()
        with pytest.raises(KeycloakError, match="no answer in time"):
            session.get("r", "groups")
        assert time.monotonic() - began < 0.1
    assert transport.TOKEN_SECONDS + 2 <= 10


def test_a_keycloak_that_recovers_is_asked_again(server, monkeypatch):
    monkeypatch.setattr(transport, "_REMEMBERED_SECONDS", 0.0)
    server.tokens.extend([(503, {}, {})] * 500)
    session = Session(
        Connection(url=server.url, client_id="account", client_secret=SECRET), sleep=lambda _: None
    )
    with pytest.raises(KeycloakError):
        session.get("r", "roles")
    server.tokens.clear()
    server.then(200, [])
    assert session.get("r", "roles") == []


def test_an_authority_that_the_system_trusts_is_trusted(secure, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    monkeypatch.setenv(
        "REQUESTS_CA_BUNDLE", "/nowhere.pem"
    )  # of a library; the rest of the toolkit does not read it
    secure.then(200, [])
    assert Session(Connection(url=secure.url, client_id="a", client_secret=SECRET)).get("r", "roles") == []


class TestAnExport:
    """It is a POST that changes nothing."""

    def test_it_is_tried_again(self, server, session):
        server.then(503, {})
        server.then(200, {"realm": "r"})
        assert session.export("r") == {"realm": "r"}

    def test_no_answer_is_a_refusal_and_nothing_unknown(self, server, session):
        for _ in range(9):
            server.then(502, {})
        with pytest.raises(KeycloakError, match="it would read the whole realm r"):
            session.export("r")

    def test_it_counts_as_no_change(self, server, session):
        server.then(200, {"realm": "r"})
        before = session.changes("r")
        session.export("r")
        assert session.changes("r") == before


def test_a_transaction_that_the_database_gave_up_is_no_refusal(server, session):
    server.then(400, {"errorMessage": "Database operation failed"})
    with pytest.raises(OutcomeUnknownError, match="Database operation failed"):
        session.post("", body={"realm": "r"})
    server.then(400, {"errorMessage": "name is too long"})
    with pytest.raises(KeycloakError, match="name is too long"):
        session.post("", body={"realm": "r"})
