"""A stack in containers whose MCP server speaks HTTPS."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.certificate_authority import Authority
from tests.support.contained_stack import ContainedStack
from tests.support.container_limits import Running, files, secrets

_SERVER = (
    "  provision:server: "
    "{tlsCertificateFile: certs/server.pem, tlsKeyFile: certs/server.key, caFile: certs/ca.pem}\n"
)
# The first run builds the images.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def contained(docker, tmp_path_factory):
    stack = ContainedStack(tmp_path_factory.mktemp("https"), docker, more=_SERVER)
    yield stack
    stack.clean_up()


@pytest.fixture(scope="module")
def authority(contained):
    authority = Authority(contained.project / "certs")
    authority.issue()
    contained.run("up")
    return authority


def _failed(stack, *proofs):
    return [proof for proof in stack.json("verify", *proofs)["proofs"] if not proof["ok"]]


def _key_lines(authority):
    return (authority.folder / "server.key").read_text().splitlines()[1:-1]


def test_every_proof_holds_and_there_is_nothing_more_to_do(contained, authority):
    assert contained.json("status")["servers"][0]["url"].startswith("https://localhost:")
    assert contained.json("preview", "--refresh")["changes"] == []
    assert _failed(contained) == []


def test_the_key_is_in_a_file_of_the_containers_user_and_nowhere_else(contained, authority, docker):
    (key, *_) = _key_lines(authority)
    name = contained.container("calculator")
    it = Running(docker, "calculator", name, contained.name, frozenset({key}))
    secrets(it)
    files(it)
    assert it.inside("stat --format='%a %u %g' /run/mcp/tls.key").strip() == "400 10001 10001"
    assert key in it.inside("cat /run/mcp/tls.key")
    taker = replace(it, full_name=f"{name}-tls")
    assert key not in json.dumps(taker.seen)
    states = "".join(path.read_text() for path in contained.data.rglob("*.json") if "stacks" in path.parts)
    assert not [line for line in _key_lines(authority) if line in states]


def test_a_renewed_certificate_makes_the_servers_container_anew_and_no_other(contained, authority):
    before = {name: item["Id"] for name, item in contained.containers().items()}
    new = authority.issue().certificate.read_text()
    contained.run("up")
    after = {name: item["Id"] for name, item in contained.containers().items()}
    assert {name for name in after if after[name] != before[name]} == {
        "calculator",
        "calculator-tls",
    }
    served = contained.docker.run("exec", contained.container("calculator"), "cat", "/run/mcp/tls.crt")
    assert served == new
    assert _failed(contained, "tools") == []
    assert contained.json("preview", "--refresh")["changes"] == []


def test_a_certificate_that_cannot_serve_is_refused_before_anything_is_touched(contained, authority):
    before = {name: item["Id"] for name, item in contained.containers().items()}
    authority.issue(days=-1)
    assert "server.pem has expired" in contained.run("up", code=2).stderr
    assert {name: item["Id"] for name, item in contained.containers().items()} == before
    authority.issue()
    contained.run("up")


def _ids(contained):
    return {name: item["Id"] for name, item in contained.containers().items()}


def test_new_secrets_reach_the_servers_container_which_goes_on(contained, authority):
    before = _ids(contained)
    former = contained.json("status", "--show-secrets")
    contained.run("rotate", "introspection")
    after = _ids(contained)
    assert {name for name in after if after[name] != before[name]} == {"calculator-secrets"}
    assert _failed(contained, "token", "tools") == []
    contained.run("rotate", "admin")
    last = _ids(contained)
    assert {name for name in last if last[name] != after[name]} == {"keycloak", "keycloak-secrets"}
    assert _failed(contained, "token", "tools") == []
    shown = contained.json("status", "--show-secrets")
    assert shown["admin"]["client_secret"] != former["admin"]["client_secret"]
    (server,), (was,) = shown["servers"], former["servers"]
    assert server["introspection"]["client_secret"] != was["introspection"]["client_secret"]
    assert contained.json("preview", "--refresh")["changes"] == []
