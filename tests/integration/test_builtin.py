"""What ``provision/keycloak/builtin.py`` says is what a fresh realm of the toolkit's Keycloak has."""

from __future__ import annotations

import os

import pytest

from provision.keycloak import builtin, factory_realm
from tests.support.builtin_differences import Difference, differences
from tests.support.other_keycloak import VARIABLE
from tools.factory_realm import record


@pytest.mark.skipif(VARIABLE in os.environ, reason="other versions make other things")
def test_the_record_of_a_fresh_realm_is_what_keycloak_makes(session):
    assert factory_realm.recorded() == record(session)


@pytest.mark.skipif(VARIABLE in os.environ, reason="other versions make other things")
def test_keycloak_makes_what_the_module_says(session):
    assert [str(item) for item in differences(session)] == []


def test_what_differs_is_named_with_its_constant(session, monkeypatch):
    before = {item.constant: item for item in differences(session)}
    monkeypatch.setattr(builtin, "REALM_ROLES", {"uma_authorization", "of-old"})
    monkeypatch.setattr(builtin, "PKCE_PROFILES", builtin.PKCE_PROFILES | {"of-old"})
    after = {item.constant: item for item in differences(session)}
    roles = Difference("REALM_ROLES", ("offline_access",), ("of-old",))
    assert after.pop("REALM_ROLES") == roles
    assert "of-old" in after.pop("PKCE_PROFILES").surplus
    assert after == {name: item for name, item in before.items() if name in after}
    assert str(roles) == "REALM_ROLES lacks offline_access; has too much: of-old"
