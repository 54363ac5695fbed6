"""Identity providers and their mappers."""

from __future__ import annotations

import pytest

from provision._lib.errors import UsageError
from provision.keycloak.api.session import KeycloakError
from provision.provider.wire import plain
from tests.support.samples import SAMPLES

PROVIDER = "provision:keycloak:IdentityProvider"
MAPPER = "provision:keycloak:IdentityProviderMapper"


@pytest.fixture
def world(world):
    world.add(PROVIDER, {**SAMPLES[PROVIDER].inputs, "alias": "corp"})
    return world


def _stored(world):
    return world.session.get(world.realm, "identity-provider", "instances", "corp")


def test_a_change_sends_the_mask_or_the_declared_secret_never_an_empty_one(world, monkeypatch):
    sent = []
    put = type(world.session).put
    monkeypatch.setattr(
        type(world.session), "put", lambda *a, body: (sent.append(body), put(*a, body=body))[1]
    )
    values = {**SAMPLES[PROVIDER].inputs, "alias": "corp", "displayName": "New"}
    _, state = world.add(PROVIDER, values)
    del values["clientSecret"]
    world.add(PROVIDER, values)
    world.lifecycle(PROVIDER).update(state.properties, world.inputs(PROVIDER, values), preview=False)
    secrets = [body["config"]["clientSecret"] for body in sent]
    assert secrets == ["first-secret-of-the-provider", "**********"]  # where all agrees nothing is sent


def test_a_new_provider_without_a_secret_is_refused_and_an_existing_one_keeps_its_own(world):
    values = {key: value for key, value in SAMPLES[PROVIDER].inputs.items() if key != "clientSecret"}
    lifecycle = world.lifecycle(PROVIDER)
    inputs, failures = lifecycle.check({}, {"realm": world.realm, **values, "alias": "new"})
    assert "The identity provider new has no clientSecret" in failures[0]
    assert "provision secret set objects.IdentityProvider/new.clientSecret -s STACK" in failures[0]
    with pytest.raises(UsageError, match="new has no clientSecret"):
        lifecycle.create(inputs, preview=False)
    assert world.session.get(world.realm, "identity-provider", "instances", "new") is None
    _, state = world.add(PROVIDER, {**values, "alias": "corp"})  # takes over the one that exists
    assert state.properties.keys() >= {"adoptedFrom"}
    assert lifecycle.check({"alias": "gone"}, {"realm": world.realm, **values, "alias": "gone"})[1] == []
    world.add(PROVIDER, {**values, "alias": "public", "clientSecret": ""})


def test_settings_that_are_not_declared_stay(world):
    raw = _stored(world)
    raw["config"] |= {"prompt": "login", "loginHint": "true"}
    world.session.put(world.realm, "identity-provider", "instances", "corp", body=raw)
    world.add(PROVIDER, {**SAMPLES[PROVIDER].inputs, "alias": "corp", "displayName": "New"})
    assert {"prompt": "login", "loginHint": "true"}.items() <= _stored(world)["config"].items()


def test_pkce_and_signatures_are_on_unless_declared_otherwise(world):
    config = _stored(world)["config"]
    on = {"pkceEnabled": "true", "pkceMethod": "S256", "validateSignature": "true", "useJwksUrl": "true"}
    assert on.items() <= config.items()


def test_signatures_need_keys(world):
    values = {key: value for key, value in SAMPLES[PROVIDER].inputs.items() if key != "jwksUrl"}
    _, failures = world.lifecycle(PROVIDER).check({}, {"realm": world.realm, **values})
    assert failures == ["validateSignature needs jwksUrl"]


def test_an_unknown_flow_is_named(world):
    values = {**SAMPLES[PROVIDER].inputs, "alias": "other", "firstLoginFlow": "none such"}
    with pytest.raises(KeycloakError, match="no authentication flow 'none such'"):
        world.add(PROVIDER, values)


def test_a_provider_of_another_type_is_not_taken_over(world):
    body = {
        "alias": "saml",
        "providerId": "saml",
        "config": {"singleSignOnServiceUrl": "https://idp.example"},
    }
    world.session.post(world.realm, "identity-provider", "instances", body=body)
    with pytest.raises(KeycloakError, match="of type saml, not oidc"):
        world.add(PROVIDER, {**SAMPLES[PROVIDER].inputs, "alias": "saml"})


@pytest.mark.parametrize(
    ("deed", "type_", "config"),
    [
        (
            {"claimToRole": {"claim": "groups", "claimValue": "admins", "role": "account.view-profile"}},
            "oidc-role-idp-mapper",
            {"claim": "groups", "claim.value": "admins", "role": "account.view-profile"},
        ),
        (
            {"hardcodedAttribute": {"attribute": "origin", "value": "corp"}},
            "hardcoded-attribute-idp-mapper",
            {"attribute": "origin", "attribute.value": "corp"},
        ),
        (
            {"hardcodedRole": {"role": "account.view-profile"}},
            "oidc-hardcoded-role-idp-mapper",
            {"role": "account.view-profile"},
        ),
        (
            {"mapper": {"type": "oidc-username-idp-mapper", "config": {"template": "x", "target": "LOCAL"}}},
            "oidc-username-idp-mapper",
            {"template": "x", "target": "LOCAL"},
        ),
    ],
)
def test_each_mapper_does_what_its_field_says_and_can_become_another(world, deed, type_, config):
    claim = {"claimToAttribute": {"claim": "dep", "userAttribute": "department"}}
    names = {"identityProvider": "corp", "name": "m"}
    _, state = world.add(MAPPER, {**names, **claim})
    inputs = world.inputs(MAPPER, {**names, **deed})
    lifecycle = world.lifecycle(MAPPER)
    properties = lifecycle.update(state.properties, inputs, preview=False)
    path = ("identity-provider", "instances", "corp", "mappers")
    (raw,) = world.session.get(world.realm, *path)
    assert raw["identityProviderMapper"] == type_
    assert raw["config"] == {"syncMode": "INHERIT", **config}
    assert plain(lifecycle.read(state.id, properties, inputs).inputs) == plain(inputs)
    assert plain(lifecycle.read(state.id, {}, {}).inputs) == plain(inputs)


def test_a_mapper_does_exactly_one_thing(world):
    names = {"realm": world.realm, "identityProvider": "corp", "name": "m"}
    for deeds in ({}, {"hardcodedRole": {"role": "a"}, "mapper": {"type": "x"}}):
        _, failures = world.lifecycle(MAPPER).check({}, {**names, **deeds})
        assert failures == [
            "give exactly one of claimToAttribute, claimToRole, hardcodedAttribute, hardcodedRole, mapper"
        ]


def test_a_mapper_of_a_provider_that_is_gone_is_gone(world):
    _, state = world.add(MAPPER, {"identityProvider": "corp", "name": "m", "hardcodedRole": {"role": "a"}})
    world.session.delete(world.realm, "identity-provider", "instances", "corp")
    assert world.lifecycle(MAPPER).read(state.id, {}, {}) is None
