"""A realm on a Keycloak that somebody else runs, in which much was clicked together by hand."""

from __future__ import annotations

import pytest
import requests

from tests.conftest import ADMIN
from tests.support.stack_cli import StackCli

_REALM = "by-hand"
_SECRET = "first-secret-of-the-account-1234"
_NOTHING = (None, "", "false")
_FILE = """\
config:
  provision:profile: test
  provision:runtime: external
  provision:keycloak:
    url: {url}
    adminClientId: {admin}
  provision:realm:
    name: {realm}
    adopt: true
"""


@pytest.fixture(scope="module")
def realm(session):
    """The realm as its owner made it: a scope, a mapper, a client and a user, each with a touch of their own."""
    session.post("", body={"realm": _REALM, "enabled": True, "displayName": "Ours", "loginTheme": "keycloak"})
    scope = session.post(
        _REALM,
        "client-scopes",
        body={"name": "mcp:tools", "protocol": "openid-connect", "description": "made by hand"},
    )
    session.post(
        _REALM,
        *("client-scopes", scope, "protocol-mappers", "models"),
        body={
            "name": "audience-config",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": {
                "included.custom.audience": "https://old.example/mcp",
                "access.token.claim": "true",
                "introspection.token.claim": "true",
            },
        },
    )
    session.post(
        _REALM,
        "clients",
        body={
            "clientId": "mcp-client",
            "protocol": "openid-connect",
            "publicClient": True,
            "redirectUris": ["http://127.0.0.1/mine"],
            "attributes": {"somebody.elses": "kept"},
        },
    )
    session.post(_REALM, "clients", body={"clientId": "another", "protocol": "openid-connect"})
    yield _REALM
    session.delete(_REALM)


@pytest.fixture(scope="module")
def before(session, realm):
    return _everything(session)


@pytest.fixture(scope="module")
def stack(tmp_path_factory, live_keycloak, admin_secret, before):
    stack = StackCli(tmp_path_factory.mktemp("external"), stack="shared")
    (stack.project / "Pulumi.shared.yaml").write_text(
        _FILE.format(url=live_keycloak.url, admin=ADMIN, realm=_REALM)
    )
    stack.run("secret", "set", "adminClientSecret", stdin=f"{admin_secret}\n")
    yield stack
    stack.clean_up()


def _everything(session):
    """What was there beforehand, without what only says when."""
    realm = session.get(_REALM)
    scopes = {item["name"]: item for item in session.get(_REALM, "client-scopes")}
    clients = {item["clientId"]: item for item in session.get(_REALM, "clients")}
    components = {
        item["id"]: {**item, "config": {name: sorted(found) for name, found in item["config"].items()}}
        for item in session.get(_REALM, "components")
        if item["providerType"].endswith("ClientRegistrationPolicy")
    }
    return {"realm": realm, "scopes": scopes, "clients": clients, "policies": components}


def test_without_its_secret_it_says_how_to_set_it(stack, tmp_path):
    bare = StackCli(tmp_path, stack="shared")
    (bare.project / "Pulumi.shared.yaml").write_text(
        _FILE.format(url="http://localhost:1", admin=ADMIN, realm=_REALM)
    )
    assert "provision secret set adminClientSecret -s shared" in bare.run("up", code=2).stderr


def test_what_was_clicked_together_is_taken_over_proved_and_given_back(stack, session, before):
    said = stack.run("up").stderr
    for name in ("realm", "mcp:tools", "mcp:tools-audience", "mcp-client", "trusted-hosts", "allowed-scopes"):
        assert f"· {name}: adopted" in said
    assert "calculator-introspection: adopted" not in said
    _only_what_is_declared_changed(session)
    assert stack.json("preview", "--refresh")["changes"] == []
    assert stack.json("drift") == {"changes": [], "added": []}
    assert set(stack.processes()) == {"calculator"}
    assert [proof for proof in stack.json("verify")["proofs"] if not proof["ok"]] == []
    stack.run("down")
    assert _differences(before, _everything(session)) == []


def _only_what_is_declared_changed(session):
    (client,) = session.get(_REALM, "clients", clientId="mcp-client")
    assert "http://127.0.0.1/" in client["redirectUris"]
    assert client["attributes"]["somebody.elses"] == "kept"
    assert session.get(_REALM)["loginTheme"] == "keycloak"
    assert session.get(_REALM)["displayName"] == "Ours"
    scopes = [item for item in session.get(_REALM, "client-scopes") if item["name"] == "mcp:tools"]
    assert len(scopes) == 1
    assert len(scopes[0]["protocolMappers"]) == 2


def _differences(before, after, path=""):
    """The paths at which two documents differ, with both values; to Keycloak, absent, empty and off are the same."""
    if before in _NOTHING and after in _NOTHING:
        return []
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        before, after = dict(enumerate(before)), dict(enumerate(after))
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [
            found for key in keys for found in _differences(before.get(key), after.get(key), f"{path}/{key}")
        ]
    return [] if before == after else [(path, before, after)]


def test_doctor_asks_the_keycloak_of_somebody_else(stack, live_keycloak):
    parts = {item["part"]: item for item in stack.json("doctor", code=None)["parts"]}
    assert parts["Keycloak's address"]["where"] == f"{live_keycloak.url} answers"
    assert parts["Keycloak's issuer"]["where"] == f"{live_keycloak.url}/realms/master"
    assert parts["Keycloak's issuer"]["state"] == "found"


def _interrupt_after_the_stack_file_is_written(stack):
    """Leave what a rotation leaves that is killed before Keycloak has the new secret."""
    (work,) = stack.data.glob("*/work/shared")
    (work / "rotating").touch()
    stack.run("secret", "set", "adminClientSecret", stdin="one-that-keycloak-never-got\n")


@pytest.fixture
def service_account(session):
    """A service account of this test's own, since it gets another secret; it may do everything."""
    client = session.post(
        "master",
        "clients",
        body={
            "clientId": "rotated-account",
            "secret": _SECRET,
            "serviceAccountsEnabled": True,
            "publicClient": False,
            "standardFlowEnabled": False,
        },
    )
    user = session.get("master", "clients", client, "service-account-user")
    role = session.get("master", "roles", "admin")
    session.post("master", "users", user["id"], "role-mappings", "realm", body=[role])
    yield "rotated-account"
    session.delete("master", "clients", client)


def test_the_service_account_of_somebody_elses_keycloak_gets_a_new_secret(
    tmp_path, live_keycloak, service_account
):
    stack = StackCli(tmp_path, stack="shared")
    text = _FILE.format(url=live_keycloak.url, admin=service_account, realm="rotated")
    (stack.project / "Pulumi.shared.yaml").write_text(text.replace("adopt: true", "adopt: false"))
    stack.run("secret", "set", "adminClientSecret", stdin=f"{_SECRET}\n")
    try:
        stack.run("up")
        assert stack.json("rotate", "admin")["rotated"] == ["adminClientSecret"]
        assert stack.json("preview", "--refresh")["changes"] == []
        _interrupt_after_the_stack_file_is_written(stack)
        assert "provision rotate admin -s shared" in stack.run("up", code=1).stderr
        stack.run("rotate", "admin")
        assert stack.json("preview", "--refresh")["changes"] == []
        form = {"grant_type": "client_credentials", "client_id": service_account, "client_secret": _SECRET}
        url = f"{live_keycloak.url}/realms/master/protocol/openid-connect/token"
        assert requests.post(url, data=form, timeout=20).status_code == 401
    finally:
        stack.clean_up()
