"""The realm's user profile."""

from __future__ import annotations

import pytest

from provision.keycloak.api.session import KeycloakError

PROFILE = "provision:keycloak:UserProfile"


def _profile(world):
    return world.session.get(world.realm, "users", "profile")


def test_attributes_stay_as_they_are_when_only_the_policy_is_declared(world):
    before = _profile(world)
    world.add(PROFILE, {"unmanagedAttributePolicy": "ADMIN_EDIT"})
    assert _profile(world) == {**before, "unmanagedAttributePolicy": "ADMIN_EDIT"}


def test_what_we_have_no_field_for_stays_with_its_attribute(world):
    profile = _profile(world)
    email = next(item for item in profile["attributes"] if item["name"] == "email")
    email["selector"] = {"scopes": ["email"]}
    email["required"] = {"roles": ["user"], "scopes": ["email"]}
    world.session.put(world.realm, "users", "profile", body=profile)
    world.add(PROFILE, {"attributes": [{"name": "username"}, {"name": "email", "required": ["admin"]}]})
    changed = _profile(world)["attributes"][1]
    assert changed["selector"] == {"scopes": ["email"]}
    assert changed["required"] == {"roles": ["admin"], "scopes": ["email"]}


def test_a_profile_without_a_username_is_refused_in_keycloaks_words(world):
    with pytest.raises(KeycloakError, match="username"):
        world.add(PROFILE, {"attributes": [{"name": "email"}]})


def test_destroying_the_policy_alone_puts_disabled_back(world):
    before = _profile(world)
    _, state = world.add(PROFILE, {"unmanagedAttributePolicy": "ENABLED"})
    world.lifecycle(PROFILE).delete(state.properties)
    assert _profile(world) == before
