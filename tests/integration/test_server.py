"""The reference server against a real Keycloak: what its tokens are good for, and what not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.testclient import TestClient

from provision.server.app import build_app
from provision.server.audit import AuditTrail
from provision.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

REALM = "server-tests"
URL = "http://localhost:3000/mcp"
PUBLIC = {"client_id": "caller", "client_secret": "caller-secret"}
USER = {"grant_type": "password", "username": "ann", "password": "ann-password"}


def _audience(audience: str) -> dict[str, Any]:
    return {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {
            "included.custom.audience": audience,
            "access.token.claim": "true",
            "introspection.token.claim": "true",
        },
    }


def _scope(name: str, *, in_token: bool) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "openid-connect",
        "attributes": {"include.in.token.scope": str(in_token).lower()},
        "protocolMappers": [_audience(URL)],
    }


@pytest.fixture(scope="module")
def realm_url(live_keycloak, admin_secret) -> Iterator[str]:
    """A realm with the introspection client, a caller and a user."""
    base = live_keycloak.url
    credentials = {
        "grant_type": "client_credentials",
        "client_id": "provision-admin",
        "client_secret": admin_secret,
    }
    token = httpx.post(f"{base}/realms/master/protocol/openid-connect/token", data=credentials).json()[
        "access_token"
    ]
    admin = httpx.Client(
        base_url=f"{base}/admin/realms", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    documents = [
        ("", {"realm": REALM, "enabled": True}),
        (f"/{REALM}/client-scopes", _scope("mcp:tools", in_token=True)),
        (f"/{REALM}/client-scopes", _scope("audience-only", in_token=False)),
        (
            f"/{REALM}/clients",
            {
                "clientId": URL,
                "secret": "introspection-secret",
                "standardFlowEnabled": False,
                "publicClient": False,
            },
        ),
        (
            f"/{REALM}/clients",
            {
                "clientId": "caller",
                "secret": "caller-secret",
                "publicClient": False,
                "serviceAccountsEnabled": True,
                "directAccessGrantsEnabled": True,
                "defaultClientScopes": ["basic"],
                "optionalClientScopes": ["mcp:tools", "audience-only", "offline_access"],
            },
        ),
        (
            f"/{REALM}/users",
            {
                "username": "ann",
                "enabled": True,
                "email": "ann@example.org",
                "emailVerified": True,
                "firstName": "Ann",
                "lastName": "N",
                "credentials": [{"type": "password", "value": "ann-password"}],
            },
        ),
    ]
    for path, document in documents:
        admin.post(path, json=document).raise_for_status()
    yield f"{base}/realms/{REALM}"
    admin.delete(f"/{REALM}")


@pytest.fixture(params=["introspection", "jwt"])
def server(request, realm_url, tmp_path) -> Iterator[TestClient]:
    secret = tmp_path / "secret"
    secret.write_text("introspection-secret")
    secret.chmod(0o400)
    endpoints = f"{realm_url}/protocol/openid-connect"
    document = {
        "name": "demo",
        "port": 3000,
        "url": URL,
        "issuer": realm_url,
        "verifier": request.param,
        "introspection_url": f"{endpoints}/token/introspect",
        "introspection_client_id": URL,
        "introspection_client_secret_file": str(secret),
        "jwks_url": f"{endpoints}/certs",
        "cache_seconds": 0,
    }
    settings = Settings.model_validate_json(json.dumps(document))
    with TestClient(
        build_app(settings, AuditTrail(tmp_path / "audit")), base_url="http://localhost:3000"
    ) as client:
        client.verifier = request.param
        yield client


def _tokens(realm_url: str, **form: str) -> dict[str, str]:
    answer = httpx.post(f"{realm_url}/protocol/openid-connect/token", data={**PUBLIC, **form}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _call(server: TestClient, token: str) -> int:
    params = {"name": "add_numbers", "arguments": {"a": 1, "b": 2}}
    answer = server.post(
        "/mcp",
        headers={"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {token}"},
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
    )
    assert answer.status_code != 200 or '"result":3.0' in answer.text
    return answer.status_code


def test_a_service_account_and_a_user_may_call(server, realm_url):
    service = _tokens(realm_url, grant_type="client_credentials", scope="mcp:tools")
    user = _tokens(realm_url, **USER, scope="openid mcp:tools")
    assert _call(server, service["access_token"]) == 200
    assert _call(server, user["access_token"]) == 200


@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
@pytest.mark.parametrize("scope", ["openid mcp:tools", "openid mcp:tools offline_access"])
def test_no_other_token_of_the_user_is_an_access_token(server, realm_url, kind, scope):
    assert _call(server, _tokens(realm_url, **USER, scope=scope)[kind]) == 401


def test_the_audience_without_the_scope_is_403(server, realm_url):
    assert _call(server, _tokens(realm_url, **USER, scope="audience-only")["access_token"]) == 403


def test_a_token_for_nobody_in_particular_is_refused(server, realm_url):
    assert _call(server, _tokens(realm_url, grant_type="client_credentials")["access_token"]) == 401


def test_a_changed_token_is_refused(server, realm_url):
    token = _tokens(realm_url, grant_type="client_credentials", scope="mcp:tools")["access_token"]
    assert _call(server, f"{token[:-8]}AAAAAAAA") == 401


def test_revocation_is_seen_by_who_asks(server, realm_url):
    token = _tokens(realm_url, **USER, scope="mcp:tools")["access_token"]
    assert _call(server, token) == 200
    httpx.post(
        f"{realm_url}/protocol/openid-connect/revoke", data={**PUBLIC, "token": token}
    ).raise_for_status()
    assert _call(server, token) == (401 if server.verifier == "introspection" else 200)


def test_it_is_ready(server):
    assert server.get("/health/ready").json() == {"status": "ready"}
