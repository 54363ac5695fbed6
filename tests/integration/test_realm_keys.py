"""A realm's keys, and the rotation of the one that signs."""

from __future__ import annotations

import pytest

from provision.provider.wire import plain

KEY = "provision:keycloak:RealmKey"


def _keys(world):
    """The key that signs with RS256, and all that are published for it."""
    found = world.session.get(world.realm, "keys")
    return found["active"]["RS256"], {key["kid"] for key in found["keys"] if key.get("algorithm") == "RS256"}


def test_a_new_key_signs_and_the_former_one_still_verifies_until_it_is_removed(world):
    former, _ = _keys(world)
    _, state = world.add(KEY, {"name": "next", "priority": 500})
    signing, published = _keys(world)
    assert signing != former
    assert published == {former, signing}
    world.lifecycle(KEY).delete(state.properties)
    assert _keys(world) == (former, {former})


def test_a_change_of_the_priority_keeps_the_key(world):
    _, state = world.add(KEY, {"name": "next", "priority": 500})
    signing, published = _keys(world)
    lower = world.inputs(KEY, {"name": "next", "priority": 1})
    world.lifecycle(KEY).update(state.properties, lower, preview=False)
    former, still_published = _keys(world)
    assert former != signing
    assert still_published == published


@pytest.mark.parametrize(
    ("provider", "curve", "algorithm"),
    [("ecdsa-generated", "P-384", "ES384"), ("eddsa-generated", "Ed448", "EdDSA")],
)
def test_a_key_on_a_curve(world, provider, curve, algorithm):
    inputs, state = world.add(KEY, {"provider": provider, "name": "curve", "curve": curve})
    assert plain(world.lifecycle(KEY).read(state.id, {}, {}).inputs) == plain(inputs)
    assert algorithm in world.session.get(world.realm, "keys")["active"]


def test_what_does_not_fit_the_provider_is_refused(world):
    lifecycle = world.lifecycle(KEY)
    _, failures = lifecycle.check({}, {"realm": "r", "name": "k", "curve": "P-256"})
    assert failures == ["rsa-generated has no curve"]
    values = {"realm": "r", "name": "k", "provider": "eddsa-generated", "keySize": 2048}
    _, failures = lifecycle.check({}, values)
    assert failures == ["eddsa-generated has a curve, but neither algorithm nor keySize"]
