"""Registration policies: what a server does not offer, and policies of any type of which only what is declared is ours."""

from __future__ import annotations

import re
import secrets

import pytest

from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak.api.session import KeycloakError, Session
from provision.keycloak.connection import Connection
from provision.keycloak.handler import KeycloakAccess
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import plain

pytestmark = pytest.mark.shares_realm

GENERIC = "provision:keycloak:GenericRegistrationPolicy"
TYPE = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"


@pytest.fixture
def policy(world):
    """The settings of the policy of a type for authenticated registration; the test leaves none behind."""
    yield lambda provider: _policy(world, provider)["config"]
    if found := _policy(world, "trusted-hosts"):
        world.session.delete(world.realm, "components", found["id"])


def _policy(world, provider):
    for item in world.session.get(world.realm, "components", type=TYPE):
        if item["providerId"] == provider and item["subType"] == "authenticated":
            return item
    return None


def _generic(**config):
    return {"registration": "authenticated", "providerId": "trusted-hosts", "config": config}


REQUIRED = {"host-sending-registration-request-must-match": ["false"], "client-uris-must-match": ["true"]}


@pytest.fixture
def weak_session(world):
    """The Admin API as an account that may manage this realm and nothing else."""
    name, secret = f"weak-{secrets.token_hex(4)}", "the-secret-of-the-weak-one"
    client = {"clientId": name, "secret": secret, "serviceAccountsEnabled": True, "publicClient": False}
    made = world.session.post("master", "clients", body=client)
    user = world.session.get("master", "clients", made, "service-account-user")["id"]
    owner = world.session.get("master", "clients", clientId=f"{world.realm}-realm")[0]["id"]
    role = world.session.get("master", "clients", owner, "roles", "manage-realm")
    world.session.post("master", "users", user, "role-mappings", "clients", owner, body=[role])
    yield Session(Connection(url=world.session.url, client_id=name, client_secret=secret))
    world.session.delete("master", "clients", made)


def test_a_type_that_the_server_lacks_is_an_error_that_says_what_it_has(world):
    with pytest.raises(KeycloakError) as caught:
        world.add(GENERIC, {"providerId": "no-such-policy"})
    said = str(caught.value)
    version = world.session.server_info()["systemInfo"]["version"]
    assert f"Keycloak {version}" in said
    assert "generic registration policy anonymous/no-such-policy" in said
    assert "client-disabled, consent-required" in said
    assert "Leave the policy out" in said


def test_a_typed_policy_that_the_server_lacks_is_named_too(world, monkeypatch):
    kind = "provision:keycloak:ClientDisabledPolicy"
    monkeypatch.setattr(catalogue()[kind], "provider_id", "from-a-newer-version")
    with pytest.raises(
        KeycloakError, match=r"no registration policy of type 'from-a-newer-version'.*client disabled"
    ):
        world.add(kind, {"registration": "authenticated"})


def test_without_the_right_to_see_the_version_the_error_does_without(world, weak_session):
    lifecycle = Lifecycle(
        catalogue()[GENERIC], Context(connection=KeycloakAccess(lambda: weak_session), log=world.said.append)
    )
    with pytest.raises(KeycloakError) as caught:
        lifecycle.create(world.inputs(GENERIC, {"providerId": "no-such-policy"}), preview=False)
    told = "systemInfo" in weak_session.server_info()  # older versions tell everybody
    assert told == bool(re.match(r"Keycloak [\d.]+ at", str(caught.value)))
    assert f"at {world.session.url} offers no registration policy" in str(caught.value)


def test_where_the_server_does_not_tell_what_it_has_its_own_refusal_speaks(world, monkeypatch):
    def hidden(realm, *path, **query):
        if path[-1:] == ("providers",):
            raise KeycloakError("not allowed")
        return Session.get(world.session, realm, *path, **query)

    monkeypatch.setattr(world.session, "get", hidden)
    with pytest.raises(KeycloakError, match="no such provider"):
        world.add(GENERIC, {"providerId": "no-such-policy"})


def test_a_refusal_for_another_reason_stays_what_it_is(world):
    config = {"host-sending-registration-request-must-match": ["neither"]}
    with pytest.raises(KeycloakError) as caught:
        world.add(GENERIC, {"registration": "authenticated", "providerId": "trusted-hosts", "config": config})
    assert "offers no" not in str(caught.value)


def test_of_a_generic_policy_only_the_declared_settings_are_compared_and_changed(world, policy):
    world.add(GENERIC, _generic(**REQUIRED, **{"trusted-hosts": ["theirs"]}))
    inputs, state = world.add(GENERIC, _generic(**{"trusted-hosts": ["b", "a", "b"]}))
    assert sorted(policy("trusted-hosts")["trusted-hosts"]) == ["a", "b"]
    assert policy("trusted-hosts").items() >= REQUIRED.items()
    seen = world.lifecycle(GENERIC).read(state.id, state.properties, inputs)
    assert plain(seen.inputs) == plain(inputs)


def test_an_empty_list_takes_the_setting_away_and_is_no_drift(world, policy):
    world.add(GENERIC, _generic(**REQUIRED, **{"trusted-hosts": ["theirs"]}))
    inputs, state = world.add(GENERIC, _generic(**{"trusted-hosts": []}))
    assert "trusted-hosts" not in policy("trusted-hosts")
    seen = world.lifecycle(GENERIC).read(state.id, state.properties, inputs)
    assert plain(seen.inputs) == plain(inputs)


def test_a_setting_that_is_no_longer_declared_goes_away(world, policy):
    _, state = world.add(GENERIC, _generic(**REQUIRED, **{"trusted-hosts": ["ours"]}))
    without = world.inputs(GENERIC, _generic(**REQUIRED))
    world.lifecycle(GENERIC).update(state.properties, without, preview=False)
    assert "trusted-hosts" not in policy("trusted-hosts")


def test_a_blank_value_is_refused_before_it_takes_the_whole_setting_away(world):
    values = {"realm": world.realm, "providerId": "trusted-hosts", "config": {"trusted-hosts": ["a", " "]}}
    _, failures = world.lifecycle(GENERIC).check({}, values)
    assert len(failures) == 1
    assert "blank value" in failures[0]
