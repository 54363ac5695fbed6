"""Initial access tokens: good for as many registrations as declared, and known by the state alone."""

from __future__ import annotations

import time
from http import HTTPStatus

import httpx
import pytest

from provision.provider.schema import schema
from provision.provider.wire import Hidden, plain

pytestmark = pytest.mark.shares_realm

KIND = "provision:keycloak:InitialAccessToken"


def _register(world, state):
    token = plain(state.properties["token"])
    url = f"{world.session.url}/realms/{world.realm}/clients-registrations/openid-connect"
    body = {"redirect_uris": ["http://localhost/callback"]}
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"}).status_code


def _read(world, inputs, state):
    return world.lifecycle(KIND).read(state.id, state.properties, inputs)


def test_it_registers_as_many_clients_as_declared_and_is_then_gone(world):
    inputs, state = world.add(KIND, {"name": "twice", "count": 2})
    assert _register(world, state) == HTTPStatus.CREATED
    seen = _read(world, inputs, state)
    assert plain(seen.inputs) == plain(inputs)
    assert seen.properties["token"] == state.properties["token"]
    assert _register(world, state) == HTTPStatus.CREATED
    assert _register(world, state) == HTTPStatus.UNAUTHORIZED
    assert _read(world, inputs, state) is None


def test_an_expired_one_is_gone(world):
    inputs, state = world.add(KIND, {"name": "short", "expirationSeconds": 2})
    assert _read(world, inputs, state) is not None
    time.sleep(2.1)
    assert _read(world, inputs, state) is None


def test_one_without_an_end_is_not_expired(world):
    inputs, state = world.add(KIND, {"name": "endless", "expirationSeconds": 0})
    assert plain(_read(world, inputs, state).inputs) == plain(inputs)


def test_destroy_revokes_it(world):
    _, state = world.add(KIND, {"name": "revoked"})
    world.lifecycle(KIND).delete(state.properties)
    assert _register(world, state) == HTTPStatus.UNAUTHORIZED


def test_two_of_one_name_in_two_stacks_are_two_tokens(world):
    inputs, first = world.add(KIND, {"name": "same"})
    _, second = world.add(KIND, {"name": "same"})
    world.lifecycle(KIND).delete(first.properties)
    assert _read(world, inputs, first) is None
    assert _read(world, inputs, second) is not None


def test_another_count_or_lifetime_is_another_token(world):
    inputs, state = world.add(KIND, {"name": "more"})
    more = world.inputs(KIND, {"name": "more", "count": 5})
    verdict = world.lifecycle(KIND).diff(inputs, state.properties, more)
    assert [(item.path, item.replace) for item in verdict.differences] == [("count", True)]
    assert verdict.delete_first


def test_the_token_is_never_in_clear(world):
    inputs, state = world.add(KIND, {"name": "hidden"})
    token = plain(state.properties["token"])
    assert isinstance(state.properties["token"], Hidden)
    seen = _read(world, inputs, state)
    assert isinstance(seen.properties["token"], Hidden)
    assert not any(token in shown for shown in (repr(state), repr(seen), *world.said))
    assert schema("1.0.0")["resources"][KIND]["properties"]["token"]["secret"] is True
