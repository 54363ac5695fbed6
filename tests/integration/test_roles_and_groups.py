"""Composite roles, groups, and the roles and groups of users and service accounts."""

from __future__ import annotations

import pytest

from provision.keycloak.api.session import KeycloakError
from provision.provider.wire import plain

REALM_ROLE = "provision:keycloak:RealmRole"
CLIENT_ROLE = "provision:keycloak:ClientRole"
GROUP = "provision:keycloak:Group"
USER = "provision:keycloak:User"
SERVICE_ACCOUNT_ROLE = "provision:keycloak:ServiceAccountRole"


@pytest.fixture
def world(world):
    world.add(REALM_ROLE, {"name": "reader"})
    return world


def _composites(world, role):
    return {item["name"] for item in world.session.get(world.realm, "roles", role, "composites")}


def _mappings(world, *holder):
    found = world.session.get(world.realm, *holder, "role-mappings")
    return {item["name"] for item in found.get("realmMappings", ())} | {
        item["name"] for client in found.get("clientMappings", {}).values() for item in client["mappings"]
    }


def _user(world, name):
    return "users", world.session.get(world.realm, "users", username=name, exact="true")[0]["id"]


def test_composites_that_are_not_declared_stay(world):
    both = {"realmComposites": ["reader"], "clientComposites": {"account": ["view-profile"]}}
    world.add(REALM_ROLE, {"name": "member", **both})
    _, state = world.add(REALM_ROLE, {"name": "member", "description": "Now ours"})
    assert _composites(world, "member") == {"reader", "view-profile"}
    changed = world.inputs(REALM_ROLE, {"name": "member", "clientComposites": {"broker": ["read-token"]}})
    world.lifecycle(REALM_ROLE).update(state.properties, changed, preview=False)
    assert _composites(world, "member") == {"reader", "view-profile", "read-token"}


def test_a_composite_that_is_no_longer_declared_goes(world):
    both = {"realmComposites": ["reader"], "clientComposites": {"account": ["view-profile", "view-consent"]}}
    _, state = world.add(REALM_ROLE, {"name": "member", **both})
    fewer = world.inputs(REALM_ROLE, {"name": "member", "clientComposites": {"account": ["view-consent"]}})
    properties = world.lifecycle(REALM_ROLE).update(state.properties, fewer, preview=False)
    assert _composites(world, "member") == {"view-consent"}
    world.lifecycle(REALM_ROLE).update(
        properties, world.inputs(REALM_ROLE, {"name": "member"}), preview=False
    )
    assert world.session.get(world.realm, "roles", "member")["composite"] is False


def test_somebody_elses_composite_is_drift_in_a_role_of_ours_or_where_composites_are_declared(world):
    for name in ("adopted", "declared"):
        world.session.post(world.realm, "roles", body={"name": name})
    roles = {
        "ours": world.add(REALM_ROLE, {"name": "ours"}),
        "adopted": world.add(REALM_ROLE, {"name": "adopted"}),
        "declared": world.add(REALM_ROLE, {"name": "declared", "realmComposites": []}),
    }
    reader = world.session.get(world.realm, "roles", "reader")
    for name in roles:
        world.session.post(world.realm, "roles", name, "composites", body=[reader])
    lifecycle = world.lifecycle(REALM_ROLE)
    seen = {
        name: plain(lifecycle.read(state.id, state.properties, inputs).inputs)
        for name, (inputs, state) in roles.items()
    }
    assert seen["ours"]["realmComposites"] == ["reader"]
    assert seen["adopted"] == plain(roles["adopted"][0])
    assert seen["declared"]["realmComposites"] == ["reader"]


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (REALM_ROLE, {"name": "x", "realmComposites": ["none"]}, "no realm role 'none'"),
        (REALM_ROLE, {"name": "x", "clientComposites": {"account": ["none"]}}, "'none' of client 'account'"),
        (REALM_ROLE, {"name": "x", "clientComposites": {"nobody": ["none"]}}, "no client 'nobody'"),
        (GROUP, {"path": "/x", "realmRoles": ["none"]}, "no realm role 'none'"),
        (USER, {"username": "x", "realmRoles": ["none"]}, "no realm role 'none'"),
        (USER, {"username": "x", "groups": ["/none"]}, "no group '/none'"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_half_made(world, kind, values, words):
    with pytest.raises(KeycloakError, match=words):
        world.add(kind, values)
    spec = world.lifecycle(kind)
    name = values.get("name") or values.get("path", "").replace("/", "%2F") or values["username"]
    assert spec.read(f"{world.realm}/{name}", {}, {}) is None


def test_a_subgroup_needs_the_group_above(world):
    with pytest.raises(KeycloakError, match="no group '/a~/b'"):
        world.add(GROUP, {"path": "/a~/b/c"})


def test_a_group_with_a_slash_in_its_name_is_not_taken_for_a_subgroup(world):
    world.add(GROUP, {"path": "/a~/b"})
    assert world.lifecycle(GROUP).read(f"{world.realm}/%2Fa%2Fb", {}, {}) is None


def test_attributes_that_are_not_declared_stay_and_dropped_ones_go(world):
    world.session.post(world.realm, "groups", body={"name": "g", "attributes": {"theirs": ["1"]}})
    _, state = world.add(GROUP, {"path": "/g", "attributes": {"ours": ["2"], "also": ["3"]}})
    fewer = world.inputs(GROUP, {"path": "/g", "attributes": {"ours": ["2"]}})
    world.lifecycle(GROUP).update(state.properties, fewer, preview=False)
    group = world.session.get(world.realm, "group-by-path", "g")
    assert group["attributes"] == {"theirs": ["1"], "ours": ["2"]}


def test_a_group_keeps_roles_that_are_not_declared(world):
    world.add(GROUP, {"path": "/g", "realmRoles": ["reader"], "clientRoles": {"account": ["view-profile"]}})
    world.add(GROUP, {"path": "/g", "clientRoles": {"broker": ["read-token"]}})
    group = world.session.get(world.realm, "group-by-path", "g")
    assert _mappings(world, "groups", group["id"]) == {"reader", "view-profile", "read-token"}


def test_a_user_keeps_the_default_role_and_loses_what_is_dropped(world):
    default = f"default-roles-{world.realm}"
    _, state = world.add(USER, {"username": "ada", "realmRoles": ["reader"]})
    assert _mappings(world, *_user(world, "ada")) == {default, "reader"}
    world.lifecycle(USER).update(state.properties, world.inputs(USER, {"username": "ada"}), preview=False)
    assert _mappings(world, *_user(world, "ada")) == {default}


def test_a_user_keeps_groups_when_none_are_declared(world):
    world.add(GROUP, {"path": "/g"})
    world.add(USER, {"username": "ada", "groups": ["/g"]})
    world.add(USER, {"username": "ada", "firstName": "Ada"})
    assert [item["path"] for item in world.session.get(world.realm, *_user(world, "ada"), "groups")] == ["/g"]


@pytest.fixture
def account(world):
    client = {"clientId": "agent", "access": "confidential", "serviceAccounts": True}
    world.add("provision:keycloak:Client", client)
    return _user(world, "service-account-agent")


def test_a_service_account_is_given_a_role_and_loses_only_that_one(world, account):
    before = _mappings(world, *account)
    view = {"client": "agent", "owner": "realm-management", "role": "view-users"}
    world.add(SERVICE_ACCOUNT_ROLE, view)
    _, reader = world.add(SERVICE_ACCOUNT_ROLE, {"client": "agent", "role": "reader"})
    assert _mappings(world, *account) == before | {"view-users", "reader"}
    world.lifecycle(SERVICE_ACCOUNT_ROLE).delete(reader.properties)
    assert _mappings(world, *account) == before | {"view-users"}


def test_a_role_that_the_service_account_had_before_stays_with_it(world, account):
    view = {"client": "agent", "owner": "realm-management", "role": "view-users"}
    world.add(SERVICE_ACCOUNT_ROLE, view)
    _, again = world.add(SERVICE_ACCOUNT_ROLE, view)
    world.lifecycle(SERVICE_ACCOUNT_ROLE).delete(again.properties)
    assert "view-users" in _mappings(world, *account)


def test_a_client_without_a_service_account_is_named(world):
    with pytest.raises(KeycloakError, match="no client 'account' with a service account"):
        world.add(SERVICE_ACCOUNT_ROLE, {"client": "account", "role": "reader"})


def test_a_password_is_sent_when_it_changes_and_not_with_other_changes(world, monkeypatch):
    sent = []
    put = type(world.session).put
    monkeypatch.setattr(
        type(world.session), "put", lambda *a, body: (sent.append(body), put(*a, body=body))[1]
    )
    ada = {"username": "ada", "email": "a@example.org", "firstName": "A", "lastName": "L"}
    _, state = world.add(USER, {**ada, "password": "first-password"})
    for change in ({"password": "first-password", "lastName": "M"}, {"password": "second-password"}):
        inputs = world.inputs(USER, ada | change)
        properties = world.lifecycle(USER).update(state.properties, inputs, preview=False)
    assert ["credentials" in body for body in sent if "username" in body] == [False, True]
    assert plain(properties)["password"] == "second-password"


def test_a_new_user_is_told_what_the_first_login_will_ask_for(world):
    world.add(USER, {"username": "bob", "firstName": "B", "password": "some-password"})
    world.add(USER, {"username": "eve", "firstName": "E", "lastName": "F", "email": "e@example.org"})
    assert world.said == [
        "bob has no email, lastName, which the first login asks for; without a login page it fails"
    ]
