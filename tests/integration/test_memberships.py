"""Client scopes in clients and in a realm's own lists."""

from __future__ import annotations

import pytest

from provision.keycloak.api.session import KeycloakError
from provision.provider.wire import plain
from tests.support.world import World

SCOPE = "provision:keycloak:ClientScope"
CLIENT = "provision:keycloak:Client"
MEMBER = "provision:keycloak:ClientScopeAssignment"
LIST = "provision:keycloak:RealmClientScopes"


@pytest.fixture(scope="module")
def clients(session):
    world = World(session)
    world.add(SCOPE, {"name": "owner"})
    return world


def _names(world, kind):
    listed = world.session.get(world.realm, f"default-{kind}-client-scopes")
    return sorted(item["name"] for item in listed)


def _names_of(world, client, kind):
    found = world.session.get(world.realm, "clients", clientId=client)[0]["id"]
    listed = world.session.get(world.realm, "clients", found, f"{kind}-client-scopes")
    return [item["name"] for item in listed]


def _both(world):
    return {"defaultScopes": _names(world, "default"), "optionalScopes": _names(world, "optional")}


def test_a_realms_lists_are_exactly_what_is_declared_and_come_back_on_destroy(world):
    before = _both(world)
    swapped = {"defaultScopes": before["optionalScopes"], "optionalScopes": [*before["defaultScopes"][:2]]}
    _, state = world.add(LIST, swapped)
    assert _both(world) == swapped
    world.lifecycle(LIST).delete(state.properties)
    assert _both(world) == before


def test_a_scope_that_somebody_adds_to_a_list_is_drift(world):
    inputs, state = world.add(LIST, {"defaultScopes": ["basic"], "optionalScopes": []})
    world.add(SCOPE, {"name": "extra"})
    world.add("provision:keycloak:RealmClientScopeAssignment", {"scope": "extra"})
    lifecycle = world.lifecycle(LIST)
    seen = lifecycle.read(state.id, state.properties, inputs)
    assert seen.inputs["defaultScopes"] == ["basic", "extra"]
    lifecycle.update(seen.properties, inputs, preview=False)
    assert _both(world) == {"defaultScopes": ["basic"], "optionalScopes": []}


def test_a_scope_in_both_lists_is_refused(world):
    _, failures = world.lifecycle(LIST).check(
        {}, {"realm": world.realm, "defaultScopes": ["a", "b"], "optionalScopes": ["b"]}
    )
    assert failures == ["the scope b is in both lists"]


def test_a_name_that_is_no_scope_changes_nothing(world):
    before = _both(world)
    with pytest.raises(KeycloakError, match="no client scope 'nothing'"):
        world.add(LIST, {"defaultScopes": ["basic", "nothing"], "optionalScopes": ["phone"]})
    assert _both(world) == before


def test_imported_lists_stay_on_destroy(world):
    before = _both(world)
    state = world.lifecycle(LIST).read(world.realm, {}, {})
    assert {name: state.inputs[name] for name in before} == before
    world.lifecycle(LIST).delete(state.properties)
    assert _both(world) == before


def test_a_membership_that_the_realm_gave_moves_and_comes_back(clients):
    clients.add(CLIENT, {"clientId": "c1"})
    assert "phone" in _names_of(clients, "c1", "optional")
    _, state = clients.add(MEMBER, {"client": "c1", "scope": "phone"})
    assert "phone" in _names_of(clients, "c1", "default")
    assert "phone" not in _names_of(clients, "c1", "optional")
    clients.lifecycle(MEMBER).delete(state.properties)
    assert "phone" in _names_of(clients, "c1", "optional")


def test_another_list_is_seen_and_replaces_the_membership(clients):
    clients.add(CLIENT, {"clientId": "c2"})
    inputs, state = clients.add(MEMBER, {"client": "c2", "scope": "owner", "kind": "optional"})
    other = {**plain(inputs), "kind": "default"}
    clients.lifecycle(MEMBER).update(state.properties, other, preview=False)
    seen = clients.lifecycle(MEMBER).read(state.id, state.properties, inputs)
    verdict = clients.lifecycle(MEMBER).diff(seen.inputs, seen.properties, inputs)
    assert [(item.path, item.replace) for item in verdict.differences] == [("kind", True)]
    assert verdict.delete_first


def test_a_missing_client_is_named(clients):
    with pytest.raises(KeycloakError, match="no client 'nowhere'"):
        clients.add(MEMBER, {"client": "nowhere", "scope": "owner"})


def test_a_membership_in_a_client_that_is_gone_is_gone(clients):
    _, client = clients.add(CLIENT, {"clientId": "c3"})
    inputs, state = clients.add(MEMBER, {"client": "c3", "scope": "owner"})
    clients.lifecycle(CLIENT).delete(client.properties)
    assert clients.lifecycle(MEMBER).read(state.id, state.properties, inputs) is None
    clients.lifecycle(MEMBER).delete(state.properties)
