"""What Keycloak calls experimental: client ID metadata documents and resource indicators, each behind its switch."""

from __future__ import annotations

import json

import pytest

from provision.verify.access_token import claims
from provision.verify.errors import Failed
from provision.verify.mcp_session import McpSession
from provision.verify.proofs.tools import call
from tests.support.metadata_document import metadata_document
from tests.support.outside import REDIRECT, logged_in, outside
from tests.support.rule_breaks import assert_broken, breaks
from tests.support.stack_cli import StackCli

_FILE = """\
config:
  provision:profile: test
  provision:realm: {name: mcp-test, resourceIndicators: true}
  provision:registration: {enabled: false, clientIdMetadata: {enabled: true, allowHttp: true}}
  provision:servers:
    - {name: calculator, toolScopes: {multiply_numbers: ["mcp:math:multiply"]}}
    - {name: weather, verifier: jwt}
"""


@pytest.fixture(scope="module")
def experimental(tmp_path_factory):
    stack = StackCli(
        tmp_path_factory.mktemp("experimental"), patience=400
    )  # Keycloak is built with the features
    (stack.project / "Pulumi.test.yaml").write_text(_FILE)
    stack.run("up")
    yield stack
    stack.throw_away()


@pytest.mark.parametrize(("rule", "changes"), breaks(featured=True))
def test_a_realm_that_is_made_so_breaks_the_rule(context, rule, changes):
    """The breaks that no other realm of the tests can have."""
    assert_broken(context.session(), rule, changes)


def test_an_audit_finds_what_the_stack_lets_in_of_client_metadata(experimental):
    found = experimental.json("audit")["findings"]
    about = [(item["rule"], item["level"]) for item in found if item["rule"].startswith("client-metadata-")]
    assert about == [("client-metadata-plain-http", "advisory")]


@pytest.fixture
def context(experimental):
    with outside(experimental, "calculator") as context:
        yield context


def test_every_proof_holds_with_both_switched_on(experimental):
    assert experimental.json("preview", "--refresh")["changes"] == []
    proofs = experimental.json("verify")["proofs"]
    assert [proof for proof in proofs if not proof["ok"]] == []
    shown = {proof["id"] for proof in proofs}
    assert {"resource-indicators", "refused-other-server", "registration-off"} <= shown
    assert "registration" not in shown


def test_a_client_with_a_metadata_document_logs_in_calls_and_steps_up(context):
    server = context.target.server_url
    with metadata_document(REDIRECT) as client_id:
        login = logged_in(context, client_id)
        assert login.consented
        assert claims(login.access_token).audience == (server,)
        with McpSession(context.http, server, login.access_token) as session:
            call(session, "add_numbers")
            assert session.attempt("multiply_numbers", {"x": 6, "y": 7}).status_code == 403
        more = logged_in(context, client_id, further_scopes=("mcp:math:multiply",))
        with McpSession(context.http, server, more.access_token) as session:
            call(session, "multiply_numbers")
    (made,) = context.session().get(context.target.realm, "clients", clientId=client_id)
    context.session().delete(context.target.realm, "clients", made["id"])


@pytest.mark.parametrize(
    "document",
    [
        {"client_id": "http://localhost:9/another.json"},
        {"redirect_uris": ["http://localhost:33419/another"]},
        {"client_uri": "http://foreign.example/"},
        {"token_endpoint_auth_method": "client_secret_basic"},
    ],
)
def test_a_document_that_does_not_fit_is_refused(context, document):
    with metadata_document(REDIRECT, **document) as client_id:
        with pytest.raises(Failed):
            logged_in(context, client_id)
        assert not context.session().get(context.target.realm, "clients", clientId=client_id)


def test_a_document_on_a_host_that_is_not_trusted_is_not_even_fetched(context):
    with metadata_document(REDIRECT, host="127.0.0.2") as client_id:
        with pytest.raises(Failed):
            logged_in(context, client_id)
        assert not context.session().get(context.target.realm, "clients", clientId=client_id)


def test_switching_both_off_again_restarts_keycloak_and_keeps_every_proof(experimental):
    plain = _FILE.replace(", resourceIndicators: true", "")
    plain = plain.replace("{enabled: true, allowHttp: true}", "{enabled: false}")
    file = experimental.project / "Pulumi.test.yaml"
    try:
        file.write_text(plain)
        changes = {change["name"] for change in experimental.json("preview")["changes"]}
        assert "keycloak" in changes
        experimental.run("up")
        assert experimental.json("preview", "--refresh")["changes"] == []
        assert [proof for proof in experimental.json("verify")["proofs"] if not proof["ok"]] == []
        assert "resource-indicators" not in json.dumps(experimental.json("verify", "token"))
    finally:
        file.write_text(_FILE)
        experimental.run("up")
