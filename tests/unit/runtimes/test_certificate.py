"""Certificates of MCP servers, looked at before anything is started."""

from __future__ import annotations

import pytest

from provision._lib.errors import UsageError
from provision.config.stack_config import read
from provision.core.handler import Context
from provision.provider.lifecycle import Lifecycle
from provision.runtimes.certificate import distrust, flaw
from provision.runtimes.certificate_preflight import refuse_unusable
from provision.runtimes.process.resources.mcp_server import McpServerHandler
from tests.support.certificate_authority import Authority


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def _foreign_key(authority):
    pair, other = authority.issue(), authority.issue("other")
    other.key.replace(pair.key)
    return pair


def _open_key(authority):
    pair = authority.issue()
    pair.key.chmod(0o444)
    return pair


def _no_key(authority):
    pair = authority.issue()
    pair.key.unlink()
    return pair


def _no_certificate(authority):
    pair = authority.issue()
    pair.certificate.unlink()
    return pair


FLAWS = pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda authority: authority.issue(days=-1), "CertificateFile: {certificate} has expired"),
        (lambda authority: authority.issue(begins=1, days=2), "{certificate} is not valid yet"),
        (lambda authority: authority.issue(host="mcp.example"), "{certificate} is not for localhost"),
        (lambda authority: authority.issue(password="hush-hush"), "cannot be used: a key with a password"),
        (_foreign_key, "CertificateFile, tlsKeyFile: {certificate} and {key} cannot be used: key values"),
        (_open_key, "KeyFile: {key} is open to other users; run: chmod 0400 {key}"),
        (_no_key, "KeyFile: {key}: No such file or directory"),
        (_no_certificate, "CertificateFile: {certificate}: No such file or directory"),
    ],
    ids=["expired", "not yet", "name", "password", "another key", "open", "no key", "no certificate"],
)


def _stack(pair, ca_file):
    server = {"tlsCertificateFile": str(pair.certificate), "tlsKeyFile": str(pair.key)}
    if ca_file is not None:
        server["caFile"] = str(ca_file)
    return read({"servers": [{"name": "plain"}, {"name": "secure", **server}]}, source="f")


def _refused(pair, ca_file=None) -> str:
    with pytest.raises(UsageError) as caught:
        refuse_unusable(_stack(pair, ca_file), "Pulumi.dev.yaml")
    assert "Pulumi.dev.yaml" in caught.value.what
    assert "hush" not in str(caught.value)
    return caught.value.what


@FLAWS
def test_a_flaw_is_named_with_its_key_in_the_stack_file(authority, make, problem):
    pair = make(authority)
    said = _refused(pair, authority.file)
    expected = problem.format(certificate=pair.certificate, key=pair.key)
    assert "\n  provision:servers[1].tls" in said
    assert expected in said


@FLAWS
def test_the_provider_refuses_it_too(authority, make, problem, tmp_path, monkeypatch):
    monkeypatch.setenv("PROVISION_DATA_DIR", str(tmp_path))
    pair = make(authority)
    inputs = {
        "home": str(tmp_path / "demo" / "stacks" / "dev" / "secure"),
        "name": "secure",
        "port": 3000,
        "issuer": "http://localhost:8080/realms/mcp",
        "scopes": ["mcp:tools"],
        "introspectionClientSecret": "of-a-test-and-long-enough",
        "tlsCertificateFile": str(pair.certificate),
        "tlsKeyFile": str(pair.key),
    }
    lifecycle = Lifecycle(McpServerHandler, Context(log=print))
    _, (failure,) = lifecycle.check({}, inputs)
    assert problem.format(certificate=pair.certificate, key=pair.key).rpartition(":")[2] in failure
    good = authority.issue("good")
    inputs |= {"tlsCertificateFile": str(good.certificate), "tlsKeyFile": str(good.key)}
    assert lifecycle.check({}, inputs)[1] == []
    del inputs["tlsKeyFile"]
    assert "go together" in lifecycle.check({}, inputs)[1][0]


def test_clients_trust_what_the_named_authority_signed(authority):
    pair = authority.issue()
    assert flaw(pair.certificate, pair.key) is None
    assert distrust(pair.certificate, pair.key, authority.file) is None
    refuse_unusable(_stack(pair, authority.file), "f")


def test_a_certificate_that_signed_itself_is_its_own_authority(tmp_path):
    pair = Authority.self_signed(tmp_path)
    refuse_unusable(_stack(pair, pair.certificate), "f")


def test_an_authority_that_nobody_named_is_not_trusted(authority, tmp_path):
    pair = authority.issue()
    assert "not signed by an authority that is trusted here" in _refused(pair)
    other = Authority(tmp_path / "other").file
    said = _refused(pair, other)
    assert f"servers[1].caFile: {other} holds no authority that signed {pair.certificate}" in said


def test_an_authority_that_has_ended_is_not_the_certificates_fault(tmp_path):
    authority = Authority(tmp_path, days=-1)
    pair = authority.issue()
    assert flaw(pair.certificate, pair.key) is None
    assert "an authority that signed it has expired" in _refused(pair, authority.file)


def test_a_bundle_that_is_none_is_named(authority, tmp_path):
    pair = authority.issue()
    assert f"servers[1].caFile: The CA bundle {pair.key} holds no certificate" in _refused(pair, pair.key)
    missing = tmp_path / "missing.pem"
    assert f"servers[1].caFile: The CA bundle {missing} cannot be read" in _refused(pair, missing)
