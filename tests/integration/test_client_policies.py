"""Client profiles and policies: one document each, executors and conditions that a server may lack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from provision.keycloak.api import server_info
from provision.keycloak.api.session import KeycloakError
from provision.provider.wire import plain
from tests.support.world import World

PROFILE = "provision:keycloak:ClientProfile"
POLICY = "provision:keycloak:ClientPolicy"


@pytest.fixture(scope="module")
def shared(session):
    return World(session)


def _document(world, name):
    return world.session.get(world.realm, "client-policies", name)[name]


def test_profiles_and_policies_written_at_the_same_time_lose_nothing(world):
    names = [f"p{index}" for index in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: world.add(PROFILE, {"name": name, "pkce": {}}), names))
        list(pool.map(lambda name: world.add(POLICY, {"name": name, "profiles": [name]}), names))
    assert sorted(item["name"] for item in _document(world, "profiles")) == names
    assert sorted(item["name"] for item in _document(world, "policies")) == names


def test_deletes_at_the_same_time_leave_the_others(world):
    states = [world.add(PROFILE, {"name": f"p{index}"})[1] for index in range(8)]
    lifecycle = world.lifecycle(PROFILE)
    with ThreadPoolExecutor(7) as pool:
        list(pool.map(lambda state: lifecycle.delete(state.properties), states[1:]))
    assert [item["name"] for item in _document(world, "profiles")] == ["p0"]


def test_keycloaks_global_profiles_are_neither_sent_back_nor_touched(world, monkeypatch):
    everything = {"include-global-profiles": "true"}
    before = world.session.get(world.realm, "client-policies", "profiles", **everything)["globalProfiles"]
    sent = []
    put = type(world.session).put
    monkeypatch.setattr(
        type(world.session), "put", lambda *a, body: (sent.append(body), put(*a, body=body))[1]
    )
    _, state = world.add(PROFILE, {"name": "mine", "pkce": {}})
    world.lifecycle(PROFILE).delete(state.properties)
    assert [body.keys() for body in sent] == [{"profiles"}] * 2
    after = world.session.get(world.realm, "client-policies", "profiles", **everything)
    assert after["globalProfiles"] == before
    assert after["profiles"] == []


def test_a_global_profiles_name_is_refused_in_keycloaks_words(shared):
    with pytest.raises(KeycloakError, match="global profile"):
        shared.add(PROFILE, {"name": "fapi-1-baseline"})


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (
            PROFILE,
            {"clientIdMetadataDocument": {"trustedDomains": ["a.example"]}},
            "'client-id-metadata-document'.*('cimd' is off|a version that has the feature).*--features=cimd",
        ),
        (PROFILE, {"rotation": {}}, "'secret-rotation'.*--features=client-secret-rotation"),
        (PROFILE, {"executors": [{"executor": "no-such"}]}, "no executor 'no-such'"),
        (POLICY, {"clientIdUri": {"schemes": ["https"]}}, "condition 'client-id-uri'.*--features=cimd"),
        (POLICY, {"conditions": [{"condition": "no-such"}]}, "no condition 'no-such'"),
    ],
)
def test_what_this_keycloak_lacks_is_named_before_anything_is_written(
    shared, kind, values, words, monkeypatch
):
    monkeypatch.setattr(type(shared.session), "put", lambda *_, **__: pytest.fail("something was written"))
    with pytest.raises(KeycloakError, match=f"(?s){words}"):
        shared.add(kind, {"name": "lacking", **values})


@pytest.mark.parametrize(
    ("kind", "values", "feature"),
    [
        (PROFILE, {"clientIdMetadataDocument": {"trustedDomains": ["a.example"]}}, "cimd"),
        (POLICY, {"clientIdUri": {"schemes": ["https"]}}, "cimd"),
        ("provision:keycloak:Client", {"resourceUrl": "https://mcp.example.org/mcp"}, "resource-indicators"),
    ],
)
def test_a_lacking_feature_fails_the_check_already_unless_the_program_brings_it(world, kind, values, feature):
    key = "clientId" if kind.endswith("Client") else "name"
    news = {"realm": world.realm, key: "lacking", **values}
    _, failures = world.lifecycle(kind, features=()).check({}, news)
    assert len(failures) == 1
    assert f"--features={feature}" in failures[0]
    assert world.lifecycle(kind, features=(feature,)).check({}, news)[1] == []


def test_keycloaks_own_refusal_speaks_where_it_does_not_tell_what_it_has(shared, monkeypatch):
    monkeypatch.setattr(server_info, "_info", lambda _: {})
    with pytest.raises(KeycloakError, match="does not have valid provider"):
        shared.add(PROFILE, {"name": "hidden", "executors": [{"executor": "no-such"}]})


def test_executors_that_are_not_declared_stay_as_they_are(world):
    executors = [
        {"executor": "secure-session", "configuration": {}},
        {"executor": "pkce-enforcer", "configuration": {"auto-configure": "true"}},
        {"executor": "reject-ropc-grant", "configuration": {"auto-configure": True}},
    ]
    body = {"profiles": [{"name": "theirs", "description": "Theirs", "executors": executors}]}
    world.session.put(world.realm, "client-policies", "profiles", body=body)
    inputs, state = world.add(PROFILE, {"name": "theirs", "pkce": {"autoConfigure": False}})
    pkce = {"executor": "pkce-enforcer", "configuration": {"auto-configure": False}}
    changed = {"name": "theirs", "description": "Theirs", "executors": [executors[0], pkce, executors[2]]}
    assert _document(world, "profiles") == [changed]
    seen = world.lifecycle(PROFILE).read(state.id, state.properties, inputs)
    assert plain(seen.inputs) == plain(inputs)


def test_an_executor_that_a_field_cannot_say_is_read_and_kept_as_it_is(world):
    executors = [{"executor": "pkce-enforcer", "configuration": {"auto-configure": True, "newer": 1}}]
    body = {"profiles": [{"name": "newer", "executors": executors}]}
    world.session.put(world.realm, "client-policies", "profiles", body=body)
    imported = world.lifecycle(PROFILE).read(f"{world.realm}/newer", {}, {})
    assert plain(imported.inputs)["executors"] == executors
    world.add(PROFILE, {"name": "newer", "description": "Now ours"})
    assert _document(world, "profiles")[0]["executors"] == executors


def test_a_field_that_is_no_longer_declared_takes_its_executor_out(world):
    _, state = world.add(PROFILE, {"name": "shrinking", "pkce": {}, "redirectUris": {}})
    fewer = world.inputs(PROFILE, {"name": "shrinking", "pkce": {}})
    world.lifecycle(PROFILE).update(state.properties, fewer, preview=False)
    assert [item["executor"] for item in _document(world, "profiles")[0]["executors"]] == ["pkce-enforcer"]


def test_what_has_a_field_is_not_said_by_its_id(shared):
    values = {"realm": "r", "name": "n", "executors": [{"executor": "pkce-enforcer"}]}
    _, failures = shared.lifecycle(PROFILE).check({}, values)
    assert failures == ["say 'pkce-enforcer' with pkce"]
    values = {"realm": "r", "name": "n", "conditions": [{"condition": "any-client"}]}
    _, failures = shared.lifecycle(POLICY).check({}, values)
    assert failures == ["say 'any-client' with anyClient"]


def test_a_wrong_key_of_an_executor_names_the_right_one(shared):
    values = {"realm": "r", "name": "n", "redirectUris": {"allowHttp": True}}
    _, failures = shared.lifecycle(PROFILE).check({}, values)
    assert failures == ["redirectUris.allowHttp: unknown key; did you mean 'allowHttpScheme'?"]


def test_a_profile_that_a_policy_uses_is_not_deleted(world):
    _, profile = world.add(PROFILE, {"name": "used"})
    _, policy = world.add(POLICY, {"name": "user", "anyClient": True, "profiles": ["used"]})
    with pytest.raises(KeycloakError, match="'user'"):
        world.lifecycle(PROFILE).delete(profile.properties)
    world.lifecycle(POLICY).delete(policy.properties)
    world.lifecycle(PROFILE).delete(profile.properties)
    assert _document(world, "profiles") == []


def test_a_policy_with_an_unknown_profile_is_refused_in_keycloaks_words(shared):
    with pytest.raises(KeycloakError, match="nowhere"):
        shared.add(POLICY, {"name": "astray", "profiles": ["nowhere"]})


def test_a_rotation_period_beyond_the_life_of_a_secret_is_refused_before_keycloak_is_asked(shared):
    values = {"realm": "r", "name": "n", "rotation": {"expirationPeriod": 60}}
    _, failures = shared.lifecycle(PROFILE).check({}, values)
    assert failures == ["rotation: neither period may be longer than expirationPeriod"]


def test_a_profile_takes_effect_through_its_policy(world):
    world.add(PROFILE, {"name": "strict", "pkce": {"autoConfigure": True}, "redirectUris": {}})
    world.add(POLICY, {"name": "all", "clientAccessType": {"type": ["public"]}, "profiles": ["strict"]})
    client = {"clientId": "c", "standardFlow": True, "redirectUris": ["https://app.example/callback"]}
    world.add("provision:keycloak:Client", client)
    (made,) = world.session.get(world.realm, "clients", clientId="c")
    assert made["attributes"]["pkce.code.challenge.method"] == "S256"
    with pytest.raises(KeycloakError, match="Invalid Redirect Uri"):
        world.add(
            "provision:keycloak:Client", {**client, "clientId": "d", "redirectUris": ["http://app.example/"]}
        )
