"""``provision doctor``: what it says of each runtime, with the sockets of this machine in place of daemons and Keycloaks."""

from __future__ import annotations

import http.server
import json
import threading

import pytest
from click.testing import CliRunner

from provision.cli.main import cli
from provision.runtimes.external.diagnosis import findings
from provision.runtimes.process.ports import pick_free
from tests.support.certificate_authority import Authority


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    return tmp_path


def doctor(project, *values: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the parts by their names, for a stack file with these lines."""
    lines = "".join(f"  provision:{value}\n" for value in values)
    (project / "Pulumi.dev.yaml").write_text(f"config:\n{lines}" if lines else "config: {}\n")
    done = CliRunner().invoke(cli, ["-C", str(project), "doctor", "--json"])
    return done.exit_code, {item["part"]: item for item in json.loads(done.output)["parts"]}


def test_a_daemon_that_a_stack_of_processes_does_not_need_is_told_and_no_failure(project):
    code, parts = doctor(project)
    assert code == 0
    assert parts["Docker"]["state"] == "not needed"
    assert "does not answer" in parts["Docker"]["where"]
    assert parts["Keycloak"]["state"] in {"found", "comes by itself"}


def test_a_daemon_that_the_stack_needs_is_missing_with_what_to_do(project):
    code, parts = doctor(project, "runtime: docker")
    assert code == 1
    assert parts["Docker"]["state"] == "missing"
    assert "docker info" in parts["Docker"]["where"]


def test_the_machine_is_looked_at_where_there_is_no_project(project):
    done = CliRunner().invoke(cli, ["-C", str(project / "nowhere"), "doctor", "--json"])
    assert "Python" in {item["part"] for item in json.loads(done.output)["parts"]}


def test_a_stack_file_that_is_wrong_is_one_of_the_findings(project):
    code, parts = doctor(project, "runtme: docker")
    assert code == 1
    assert "did you mean 'runtime'?" in parts["Stack file"]["where"]


def test_a_stack_file_with_an_unknown_runtime_is_one_of_the_findings(project):
    code, parts = doctor(project, "runtime: cloud")
    assert code == 1
    assert "there is no runtime of that name" in parts["Stack file"]["where"]
    assert parts["Runtime"]["state"] == "missing"


class _Metadata(http.server.BaseHTTPRequestHandler):
    """The discovery document of whatever realm is asked for, with the issuer that the test chose."""

    issuer = ""

    def do_GET(self):
        body = json.dumps({"issuer": self.issuer}).encode()
        self.send_response(404 if "gone" in self.path else 200)
        self.end_headers()
        self.wfile.write(b"<html>" if "html" in self.path else body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def answering():
    """A server with the metadata of a realm, over plain HTTP or, given a context, over HTTPS."""
    servers = []

    def start(context=None):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Metadata)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        _Metadata.issuer = (
            f"{'http' if context is None else 'https'}://localhost:{server.server_port}/realms/master"
        )
        return f"{'http' if context is None else 'https'}://localhost:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _states(url: str, realm: str = "master", ca_file: str | None = None) -> dict[str, tuple[str, str]]:
    return {item.part: (item.state, item.where) for item in findings(url, realm, ca_file)}


def test_a_keycloak_of_somebody_else_answers_with_its_issuer(answering):
    url = answering()
    found = _states(url)
    assert found["Keycloak's address"] == ("found", f"{url} answers")
    assert found["Keycloak's issuer"] == ("found", f"{url}/realms/master")
    _Metadata.issuer = "https://login.example.org/realms/master"
    assert f"is not below {url}" in _states(url)["Keycloak's issuer"][1]


@pytest.mark.parametrize(("realm", "words"), [("gone", "status 404"), ("html", "is no Keycloak")])
def test_what_answers_and_is_no_realm_of_keycloak_is_missing(answering, realm, words):
    state, where = _states(answering(), realm)["Keycloak's address"]
    assert state == "missing"
    assert words in where


def test_a_keycloak_that_does_not_answer_is_missing():
    state, where = _states(f"http://localhost:{pick_free()}")["Keycloak's address"]
    assert state == "missing"
    assert "does not answer" in where


def test_a_certificate_is_trusted_with_its_authority_and_refused_without(answering, tmp_path):
    import ssl

    authority = Authority(tmp_path)
    pair = authority.issue()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    url = answering(context)
    trusted = _states(url, ca_file=str(authority.file))
    assert trusted["Keycloak's authority"][0] == "found"
    assert trusted["Keycloak's address"][0] == "found"
    state, where = _states(url)["Keycloak's address"]
    assert state == "missing"
    assert "keycloak.caFile" in where
    assert _states(url, ca_file=str(tmp_path / "none.pem"))["Keycloak's authority"][0] == "missing"
