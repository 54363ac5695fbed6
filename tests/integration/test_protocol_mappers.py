"""Protocol mappers: claims that arrive in real tokens, and mappers of any type of which only what is declared is ours."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from provision.core.registry import catalogue
from provision.keycloak.api.session import KeycloakError
from provision.provider.wire import plain

pytestmark = pytest.mark.shares_realm

CLIENT = "provision:keycloak:Client"
SCOPE = "provision:keycloak:ClientScope"
HARDCODED = "provision:keycloak:HardcodedClaimMapper"
GENERIC = "provision:keycloak:GenericProtocolMapper"
GROUPS = "oidc-group-membership-mapper"


@pytest.fixture
def scope(world, request):
    name = request.node.name
    world.add(SCOPE, {"name": name})
    return name


def _raw(world, scope, name):
    key = catalogue()[GENERIC].spec.model_construct(realm=world.realm, scope=scope, client="", name=name)
    return world.lifecycle(GENERIC)._handler.find(key).raw


def _make(world, scope, provider, config):
    body = {"name": "m", "protocol": "openid-connect", "protocolMapper": provider, "config": config}
    ids = {item["name"]: item["id"] for item in world.session.get(world.realm, "client-scopes")}
    world.session.post(world.realm, "client-scopes", ids[scope], "protocol-mappers", "models", body=body)


def _generic(scope, **config):
    return {"scope": scope, "name": "m", "providerId": GROUPS, "config": config}


def test_dots_unicode_and_commas_arrive_in_the_token(world):
    secret = "the-secret-of-this-client"
    client = {"clientId": "job", "access": "confidential", "secret": secret, "serviceAccounts": True}
    world.add(CLIENT, client)
    claims = {
        "https://example\\.org/tier": "größe, 日本; a=b##c",
        "nested.claim": '{"a": [1, "ü"]}',
        "ключ,": "42",
    }
    for (name, value), kind in zip(claims.items(), ("String", "JSON", "int"), strict=True):
        mapper = {"client": "job", "name": name, "claimName": name, "claimValue": value, "jsonType": kind}
        world.add(HARDCODED, mapper)
    form = {"grant_type": "client_credentials", "client_id": "job", "client_secret": secret}
    answer = httpx.post(f"{world.session.url}/realms/{world.realm}/protocol/openid-connect/token", data=form)
    payload = answer.json()["access_token"].split(".")[1]
    token = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert token["https://example.org/tier"] == "größe, 日本; a=b##c"
    assert token["nested"] == {"claim": {"a": [1, "ü"]}}
    assert token["ключ,"] == 42


def test_of_a_generic_mapper_only_the_declared_settings_are_compared_and_changed(world, scope):
    _make(world, scope, GROUPS, {"claim.name": "theirs", "full.path": "true"})
    lifecycle = world.lifecycle(GENERIC)
    inputs, state = world.add(GENERIC, _generic(scope, **{"claim.name": "ours"}))
    assert _raw(world, scope, "m")["config"] == {"claim.name": "ours", "full.path": "true"}
    seen = lifecycle.read(state.id, state.properties, inputs)
    assert plain(seen.inputs) == plain(inputs)


def test_a_setting_that_is_no_longer_declared_goes_away_or_back(world, scope):
    _make(world, scope, GROUPS, {"claim.name": "theirs"})
    lifecycle = world.lifecycle(GENERIC)
    _, state = world.add(GENERIC, _generic(scope, **{"claim.name": "ours", "full.path": "true"}))
    without = world.inputs(GENERIC, _generic(scope))
    lifecycle.update(state.properties, without, preview=False)
    assert _raw(world, scope, "m")["config"] == {"claim.name": "theirs"}


def test_destroy_takes_away_the_settings_that_an_adopted_mapper_had_not(world, scope):
    _make(world, scope, GROUPS, {"claim.name": "theirs"})
    _, state = world.add(GENERIC, _generic(scope, **{"claim.name": "ours", "full.path": "true"}))
    world.lifecycle(GENERIC).delete(state.properties)
    assert _raw(world, scope, "m")["config"] == {"claim.name": "theirs"}


def test_a_mapper_of_another_type_is_not_taken_over(world, scope):
    _make(world, scope, "oidc-full-name-mapper", {})
    with pytest.raises(KeycloakError, match=f"is of type oidc-full-name-mapper, not {GROUPS}"):
        world.add(GENERIC, _generic(scope))


def test_a_mapper_that_became_another_type_is_replaced(world, scope):
    inputs, state = world.add(GENERIC, _generic(scope))
    lifecycle = world.lifecycle(GENERIC)
    lifecycle.delete(state.properties)
    _make(world, scope, "oidc-full-name-mapper", {})
    seen = lifecycle.read(state.id, state.properties, inputs)
    verdict = lifecycle.diff(seen.inputs, seen.properties, inputs)
    assert [(item.path, item.replace) for item in verdict.differences] == [("providerId", True)]
    assert verdict.delete_first


def test_a_mapper_whose_scope_is_gone_is_gone(world, scope):
    inputs, state = world.add(GENERIC, _generic(scope))
    world.lifecycle(SCOPE).delete({"realm": world.realm, "name": scope})
    assert world.lifecycle(GENERIC).read(state.id, state.properties, inputs) is None
    world.lifecycle(GENERIC).delete(state.properties)


def test_a_mapper_type_that_the_server_lacks_is_refused_in_keycloaks_words(world, scope):
    with pytest.raises(KeycloakError, match="ProtocolMapper provider not found"):
        world.add(GENERIC, {"scope": scope, "name": "m", "providerId": "no-such-mapper"})
