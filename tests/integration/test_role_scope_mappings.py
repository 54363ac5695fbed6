"""Roles in the scope of clients and client scopes."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from provision.core.registry import catalogue
from provision.keycloak.api.session import ForbiddenError, KeycloakError
from provision.keycloak.realm_listing import RealmListing
from provision.provider.discovery import silent_context

pytestmark = pytest.mark.shares_realm

MAPPING = "provision:keycloak:RoleScopeMapping"
CLIENT = "provision:keycloak:Client"
SCOPE = "provision:keycloak:ClientScope"
ROLE = "provision:keycloak:RealmRole"
_SECRET = "secret-of-the-narrow-client"


@pytest.fixture
def narrow(world):
    """A client whose service account has a role that is not in the client's scope."""
    made = [
        (ROLE, {"name": "reader"}),
        (SCOPE, {"name": "reading"}),
        (
            CLIENT,
            {
                "clientId": "narrow",
                "access": "confidential",
                "secret": _SECRET,
                "serviceAccounts": True,
                "fullScopeAllowed": False,
            },
        ),
        ("provision:keycloak:ServiceAccountRole", {"client": "narrow", "role": "reader"}),
        ("provision:keycloak:ClientScopeAssignment", {"client": "narrow", "scope": "reading"}),
    ]
    states = [(kind, world.add(kind, values)[1]) for kind, values in made]
    yield "narrow"
    for kind, state in reversed(states):
        world.lifecycle(kind).delete(state.properties)


def roles_in_token(world):
    form = {"grant_type": "client_credentials", "client_id": "narrow", "client_secret": _SECRET}
    url = f"{world.session.url}/realms/{world.realm}/protocol/openid-connect/token"
    token = httpx.post(url, data=form, timeout=20).raise_for_status().json()["access_token"]
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims.get("realm_access", {}).get("roles", [])


@pytest.mark.parametrize("holder", [{"client": "narrow"}, {"scope": "reading"}], ids=["client", "scope"])
def test_a_role_is_in_tokens_as_long_as_it_is_in_scope(world, narrow, holder):
    assert "reader" not in roles_in_token(world)
    _, state = world.add(MAPPING, {**holder, "role": "reader"})
    assert "reader" in roles_in_token(world)
    world.lifecycle(MAPPING).delete(state.properties)
    assert "reader" not in roles_in_token(world)


def test_a_missing_holder_and_a_missing_role_are_named(world, narrow):
    for values, words in (
        ({"client": "nowhere", "role": "reader"}, "no client 'nowhere'"),
        ({"scope": "nowhere", "role": "reader"}, "no client scope 'nowhere'"),
        ({"client": "narrow", "role": "nothing"}, "no realm role 'nothing'"),
        ({"client": "narrow", "owner": "narrow", "role": "nothing"}, "no role 'nothing' of client 'narrow'"),
        ({"client": "narrow", "owner": "nowhere", "role": "nothing"}, "no client 'nowhere'"),
    ):
        with pytest.raises(KeycloakError, match=words):
            world.add(MAPPING, values)


def test_a_mapping_goes_with_its_client_and_is_then_made_anew(world, narrow):
    inputs, state = world.add(MAPPING, {"client": "narrow", "role": "reader"})
    client = world.session.get(world.realm, "clients", clientId="narrow")[0]
    world.session.delete(world.realm, "clients", client["id"])
    lifecycle = world.lifecycle(MAPPING)
    assert lifecycle.read(state.id, state.properties, inputs) is None
    lifecycle.delete(state.properties)  # there is nothing left to remove
    world.session.post(world.realm, "clients", body={"clientId": "narrow", "fullScopeAllowed": False})
    made = lifecycle.create(inputs, preview=False)
    assert lifecycle.read(made.id, made.properties, inputs) is not None


def found(world, *, factory=False):
    handler = catalogue()[MAPPING](silent_context(world.session))
    listing = RealmListing(world.session, world.realm, factory=factory)
    return {(key.scope, key.client, key.owner, key.role) for key in handler.discover(listing)}


def test_what_people_mapped_is_discovered_and_what_keycloak_maps_is_not(world, narrow):
    values = [
        {"client": "narrow", "role": "reader"},
        {"scope": "roles", "owner": "broker", "role": "read-token"},
    ]
    states = [world.add(MAPPING, each)[1] for each in values]
    own = {("", "narrow", "", "reader"), ("roles", "", "broker", "read-token")}
    assert found(world) == own
    assert found(world, factory=True) > own | {("offline_access", "", "", "offline_access")}
    for state in states:
        world.lifecycle(MAPPING).delete(state.properties)


def test_many_mappings_are_read_by_one_listing_or_one_by_one_where_that_is_forbidden(
    world, narrow, monkeypatch
):
    names = [f"role-{number}" for number in range(12)]
    for name in names:
        world.session.post(world.realm, "roles", body={"name": name})
    made = [world.add(MAPPING, {"client": "narrow", "role": name}) for name in names]
    lifecycle, session, calls = world.lifecycle(MAPPING), world.session, []

    def looks():
        calls.clear()
        world.session._changes[world.realm] += 1  # what was listed before does not count
        return [lifecycle.read(state.id, state.properties, inputs) for inputs, state in made]

    get, export = session.get, session.export

    def counted(realm, *path, **query):
        calls.append(path)
        return get(realm, *path, **query)

    def exported(realm):
        calls.append(("partial-export",))
        return export(realm)

    def forbidden(realm):
        raise ForbiddenError("no")

    monkeypatch.setattr(session, "get", counted)
    monkeypatch.setattr(session, "export", exported)
    assert None not in looks()
    assert [path for path in calls if path == ("partial-export",)] == [("partial-export",)]
    assert len([path for path in calls if path[-1] == "scope-mappings"]) < len(made)
    monkeypatch.setattr(session, "export", forbidden)
    assert None not in looks()
    assert len([path for path in calls if path[-1] == "scope-mappings"]) == len(made)
    for name in names:
        session.delete(world.realm, "roles", name)
    assert not any(looks())
