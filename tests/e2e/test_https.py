"""A stack whose MCP server speaks HTTPS, with a certificate of an authority of one's own."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.certificate_authority import Authority
from tests.support.stack_cli import StackCli

_PROFILE = "provision:profile: test"
_SERVER = (
    "provision:server: "
    "{tlsCertificateFile: certs/server.pem, tlsKeyFile: certs/server.key, caFile: certs/ca.pem}"
)


@dataclass
class Secure:
    """A stack and what signs its server's certificate; tests leave it up, with a good one."""

    stack: StackCli
    authority: Authority

    def renew(self, **different):
        """Another certificate in the place of the one there is."""
        return self.authority.issue(**different)

    @property
    def url(self):
        return self.stack.json("status")["servers"][0]["url"]

    def served(self):
        """The certificate that the server shows to a client that trusts the authority."""
        url = httpx.URL(self.url)
        context = ssl.create_default_context(cafile=self.authority.file)
        with (
            socket.create_connection((url.host, url.port), timeout=10) as wire,
            context.wrap_socket(wire, server_hostname=url.host) as secured,
        ):
            return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True))

    def failed_proofs(self, *arguments):
        proofs = self.stack.json("verify", *arguments, code=None)["proofs"]
        assert proofs
        return {proof["id"]: proof["detail"] for proof in proofs if not proof["ok"]}


def _secure(folder):
    stack = StackCli(folder)
    stack.change_config(_PROFILE, f"{_PROFILE}\n  {_SERVER}")
    made = Secure(stack, Authority(stack.project / "certs"))
    made.renew()
    return made


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    made = _secure(tmp_path_factory.mktemp("secure"))
    made.stack.run("up")
    yield made
    made.stack.throw_away()


def test_every_proof_holds_and_there_is_nothing_more_to_do(secure):
    assert secure.url.startswith("https://localhost:")
    assert secure.failed_proofs() == {}
    before = secure.stack.processes()
    done = secure.stack.run("up")
    assert "nothing to do" in done.stderr
    assert secure.stack.processes() == before
    assert secure.stack.json("preview", "--refresh")["changes"] == []
    assert secure.stack.json("drift") == {"changes": [], "added": []}


def test_the_private_key_is_in_its_file_and_nowhere_else(secure):
    key = secure.authority.folder / "server.key"
    lines = key.read_text().splitlines()[1:-1]
    (pid,) = (pid for name, pid in secure.stack.processes().items() if name == "calculator")
    running = [Path(f"/proc/{pid}/{name}") for name in ("environ", "cmdline")]
    written = [file for file in secure.stack.folder.rglob("*") if file.is_file() and file != key]
    assert any(file.suffix == ".json" and "stacks" in file.parts for file in written), (
        "the state is looked at"
    )
    for file in (*written, *running):
        content = file.read_bytes()
        assert not [line for line in lines if line.encode() in content], file
    assert not [line for line in lines if line in secure.stack.run("logs").stdout]


def test_a_renewed_certificate_restarts_the_server_and_nothing_else(secure):
    before, old = secure.stack.processes(), secure.served()
    new = secure.renew().certificate.read_text()
    (change,) = secure.stack.json("preview")["changes"]
    assert (change["name"], change["op"]) == ("calculator", "update")
    done = secure.stack.run("up")
    assert "the certificate of the MCP server calculator is another one" in done.stderr
    after = secure.stack.processes()
    assert after["keycloak"] == before["keycloak"]
    assert after["calculator"] != before["calculator"]
    assert secure.served() == new != old
    assert secure.failed_proofs("tools") == {}
    assert secure.stack.json("preview")["changes"] == []


def test_a_certificate_that_cannot_serve_is_refused_before_anything_is_touched(secure, tmp_path):
    before = secure.stack.processes()
    for different, said in (
        ({"days": -1}, "server.tlsCertificateFile: {folder}/server.pem has expired"),
        ({"host": "mcp.example"}, "server.tlsCertificateFile: {folder}/server.pem is not for localhost"),
        ({"password": "hush-hush"}, "a key with a password"),
    ):
        secure.renew(**different)
        for command in ("up", "preview"):
            error = secure.stack.run(command, code=2).stderr
            assert said.format(folder=secure.authority.folder) in error
            assert "hush" not in error
    assert secure.stack.processes() == before
    secure.renew()
    secure.stack.run("up")


def test_nothing_of_a_new_stack_is_started_with_a_certificate_that_cannot_serve(tmp_path):
    new = _secure(tmp_path)
    new.renew(days=-1)
    try:
        assert "has expired" in new.stack.run("up", code=2).stderr
        assert new.stack.processes() == {}
        assert new.stack.json("status")["up"] is False
    finally:
        new.stack.throw_away()


def test_a_certificate_of_a_foreign_authority_is_what_verify_names(secure, tmp_path):
    foreign = Authority(tmp_path).file
    secure.stack.change_config("caFile: certs/ca.pem", f"caFile: {foreign}")
    failed = secure.failed_proofs("challenge", "resource-metadata")
    assert set(failed) == {"challenge", "resource-metadata"}
    for detail in failed.values():
        assert "is not trusted" in detail
        assert "caFile" in detail
    foreign.unlink()
    assert "cannot be read" in secure.stack.run("verify", code=1).stderr
    secure.stack.change_config(f"caFile: {foreign}", "caFile: certs/ca.pem")


def test_an_mcp_client_is_told_which_authority_it_has_to_trust(secure):
    said = secure.stack.run("client-config", "claude-code")
    (servers,) = json.loads(said.stdout).values()
    assert servers["calculator"]["url"] == secure.url
    assert f"NODE_EXTRA_CA_CERTS={secure.authority.file}" in said.stderr
    assert str(secure.authority.file) in secure.stack.run("client-config", "vscode").stderr


def test_a_stack_goes_back_to_http_and_to_https_again_in_place(secure):
    before = secure.stack.processes()
    for old, new, scheme in ((_SERVER, "", "http:"), (_PROFILE, f"{_PROFILE}\n  {_SERVER}", "https:")):
        secure.stack.change_config(old, new)
        secure.stack.run("up")
        assert secure.url.startswith(scheme)
        assert secure.failed_proofs("tools", "resource-metadata", "introspection") == {}
        assert secure.stack.json("preview")["changes"] == []
    assert secure.stack.processes()["keycloak"] == before["keycloak"]


def test_several_servers_have_certificates_of_several_authorities(secure, tmp_path):
    """Each proof asks other servers, too, so `verify` has to trust all their authorities."""
    own = Authority.self_signed(tmp_path)
    several = f"""provision:servers:
    - {{name: calculator, tlsCertificateFile: certs/server.pem, tlsKeyFile: certs/server.key, caFile: certs/ca.pem}}
    - {{name: weather, tlsCertificateFile: {own.certificate}, tlsKeyFile: {own.key}, caFile: {own.certificate}}}
    - {{name: plain}}"""
    secure.stack.change_config(_SERVER, several)
    secure.stack.run("up")
    urls = [server["url"] for server in secure.stack.json("status")["servers"]]
    assert [url.partition(":")[0] for url in urls] == ["https", "https", "http"]
    assert secure.failed_proofs("refused-other-server", "challenge") == {}
    said = secure.stack.run("client-config", "claude-code").stderr
    assert f"{secure.authority.file} and {own.certificate}" in said
    secure.stack.change_config(several, _SERVER)
    secure.stack.run("up")
