"""What rules take for Keycloak's own work is what a fresh realm of the toolkit's Keycloak has."""

from __future__ import annotations

import os

import pytest

from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.bases.registration_policy import PROVIDER_TYPE
from provision.keycloak.builtin import KEYCLOAK_CLIENTS, KEYCLOAK_SCOPES
from provision.keycloak.handler import KeycloakAccess
from provision.rules.sources.keycloak_defaults import factory
from tests.support.other_keycloak import VARIABLE
from tests.support.world import World

pytestmark = [
    pytest.mark.shares_realm,
    pytest.mark.skipif(VARIABLE in os.environ, reason="other versions make other things"),
]
KEYCLOAK = "provision:keycloak:"
MAPPERS = {
    f"{KEYCLOAK}{name}"
    for name in ("AudienceMapper", "AudienceResolveMapper", "RealmRoleMapper", "ClientRoleMapper")
}


def _calls(world, kind):
    return catalogue()[KEYCLOAK + kind](
        Context(connection=KeycloakAccess(lambda: world.session), log=world.said.append)
    )


def _of(world, kind):
    return [resource for resource in factory(world.realm) if resource.kind == kind]


def _plain(value):
    return sorted(value) if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("resource", tuple(factory("any")), ids=lambda resource: resource.name)
def test_a_fresh_realm_has_it_just_so(world, resource):
    properties = {**resource.properties, "realm": world.realm}
    calls = _calls(world, resource.kind)
    keys = {field.name: properties[field.wire] for field in calls.spec.key_fields()}
    found = calls.find(calls.key(**keys))
    assert found is not None
    there = {**dict.fromkeys(calls.spec.fields()), **found.spec.wire(whole=True)}
    expected = {**resource.defaults, **properties} if resource.whole else properties
    for name, value in expected.items():
        assert _plain(there[name]) == _plain(value), name


def test_a_fresh_realm_has_no_other_policy_for_registration(world):
    found = world.session.get(world.realm, "components", type=PROVIDER_TYPE)
    there = sorted((item["providerId"], item["subType"]) for item in found)
    calls = {token.removeprefix(KEYCLOAK): calls for token, calls in catalogue().items()}
    expected = sorted(
        (calls[resource.kind].provider_id, resource.get("registration"))
        for resource in factory(world.realm)
        if resource.kind.endswith("Policy")
    )
    assert there == expected


def test_a_fresh_realm_has_no_other_scope_membership_or_mapper_of_these_types(world):
    scopes = {
        item["name"]: item
        for item in world.session.get(world.realm, "client-scopes")
        if item["protocol"] == "openid-connect"
    }
    assert scopes.keys() == {resource.get("name") for resource in _of(world, "ClientScope")}
    assert scopes.keys() <= KEYCLOAK_SCOPES
    for kind in ("default", "optional"):
        listed = world.session.get(world.realm, f"default-{kind}-client-scopes")
        expected = {
            resource.get("scope")
            for resource in _of(world, "RealmClientScopeAssignment")
            if resource.get("kind") == kind
        }
        assert {item["name"] for item in listed} & scopes.keys() == expected
    types = {catalogue()[token].provider: token.removeprefix(KEYCLOAK) for token in MAPPERS}
    there = sorted(
        (types[mapper["protocolMapper"]], name, mapper["name"])
        for name, scope in scopes.items()
        for mapper in scope.get("protocolMappers", ())
        if mapper["protocolMapper"] in types
    )
    expected = sorted(
        (resource.kind, resource.get("scope"), resource.get("name"))
        for resource in factory(world.realm)
        if resource.kind.endswith("Mapper")
    )
    assert there == expected


def test_a_fresh_realm_has_no_other_clients_than_those_left_out(world):
    found = {item["clientId"] for item in world.session.list(world.realm, "clients")}
    assert found == KEYCLOAK_CLIENTS


def test_keycloak_lets_a_claim_mapper_write_the_audience(session):
    """Why there is a rule on it."""
    world = World(session)
    secret = "of-a-test-and-long-enough"
    client = {
        "clientId": "writer",
        "secret": secret,
        "publicClient": False,
        "serviceAccountsEnabled": True,
    }
    world.session.post(world.realm, "clients", body=client)
    world.add(
        f"{KEYCLOAK}HardcodedClaimMapper",
        {
            "client": "writer",
            "name": "aud",
            "claimName": "aud",
            "claimValue": "https://other.example.org/mcp",
        },
    )
    claims = _claims(world, "writer", secret)
    assert "https://other.example.org/mcp" in _listed(claims["aud"])


def _claims(world, client, secret):
    import base64
    import json

    import httpx

    answer = httpx.post(
        f"{world.session.url}/realms/{world.realm}/protocol/openid-connect/token",
        data={"grant_type": "client_credentials", "client_id": client, "client_secret": secret},
    )
    payload = answer.raise_for_status().json()["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _listed(value):
    return value if isinstance(value, list) else [value]
