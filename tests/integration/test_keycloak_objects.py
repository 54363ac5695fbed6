"""Every kind of Keycloak object against the real server: no false drift, true drift, adoption, restore, import."""

from __future__ import annotations

import re
import secrets

import pytest

from provision.errors import ProvisionError
from provision.keycloak.session import KeycloakError, Session
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import plain
from provision.spec import Context, Mark, catalogue
from tests.support.samples import SAMPLES

_KINDS = [token for token in catalogue() if token.startswith("provision:keycloak:")]


class World:
    """A realm of one test, and the lifecycles of the objects in it."""

    def __init__(self, session: Session):
        self.session = session
        self.realm = f"t-{secrets.token_hex(4)}"
        self.said: list[str] = []
        self.add("provision:keycloak:Realm", {"name": self.realm, "suppliedKeys": True})

    def lifecycle(self, token):
        return Lifecycle(catalogue()[token], Context(session=lambda: self.session, log=self.said.append))

    def inputs(self, token, values):
        spec = catalogue()[token].spec
        if "realm" in spec.fields():
            values = {"realm": self.realm, **values}
        elif token.endswith(":Realm") and values["name"] == "other":
            values = {**values, "name": f"{self.realm}-other"}
        checked, failures = self.lifecycle(token).check({}, values)
        assert failures == []
        return checked

    def add(self, token, values):
        inputs = self.inputs(token, values)
        return inputs, self.lifecycle(token).create(inputs, preview=False)


@pytest.fixture
def world(session):
    return World(session)  # its realm goes with the Keycloak of this test run


@pytest.fixture(params=_KINDS, ids=lambda token: token.rsplit(":", 1)[-1])
def kind(request):
    assert request.param in SAMPLES, "a new kind needs a sample in tests/support/samples/"
    return request.param


@pytest.fixture
def sample(world, kind):
    sample = SAMPLES[kind]
    for needed, values in sample.needs:
        world.add(needed, values)
    return sample


def test_straight_after_the_create_nothing_differs(world, kind, sample):
    inputs, state = world.add(kind, sample.inputs)
    lifecycle = world.lifecycle(kind)
    seen = lifecycle.read(state.id, state.properties, inputs)
    assert plain(seen.inputs) == plain(inputs)
    assert lifecycle.diff(seen.inputs, seen.properties, inputs).differences == ()


def test_straight_after_an_update_nothing_differs(world, kind, sample):
    _, state = world.add(kind, sample.inputs)
    lifecycle = world.lifecycle(kind)
    changed = world.inputs(kind, {**sample.inputs, **sample.change})
    properties = lifecycle.update(state.properties, changed, preview=False)
    seen = lifecycle.read(state.id, properties, changed)
    assert plain(seen.inputs) == plain(changed)


def test_a_change_by_somebody_else_is_seen_field_by_field(world, kind, sample):
    if not sample.change:
        pytest.skip("a membership has nothing to change but itself")
    defaults = {name: catalogue()[kind].spec.defaults().get(name) for name in sample.change}
    inputs, state = world.add(kind, {**defaults, **sample.inputs})
    lifecycle = world.lifecycle(kind)
    lifecycle.update(state.properties, world.inputs(kind, {**sample.inputs, **sample.change}), preview=False)
    seen = lifecycle.read(state.id, state.properties, inputs)
    paths = {item.path for item in lifecycle.diff(seen.inputs, seen.properties, inputs).differences}
    fields = catalogue()[kind].spec.fields()
    visible = {name for name in sample.change if Mark.WRITE_ONLY not in fields[name].marks}
    assert {re.split(r"[.[]", path)[0] for path in paths} == visible


def test_what_was_made_is_removed(world, kind, sample):
    if sample.factory:
        pytest.skip("Keycloak makes it itself: it is put back, see below")
    inputs, state = world.add(kind, sample.inputs)
    lifecycle = world.lifecycle(kind)
    lifecycle.delete(state.properties)
    assert lifecycle.read(state.id, state.properties, inputs) is None


def test_what_was_adopted_gets_its_former_settings_back(world, kind, sample):
    if sample.nameless:
        pytest.skip("Keycloak has no key for it")
    before = {**sample.inputs, **sample.change}
    lifecycle = world.lifecycle(kind)
    if not sample.factory:
        world.add(kind, before)
    untouched = lifecycle.read(_identity(world, kind, before), {}, {}).inputs
    inputs = {**world.inputs(kind, sample.inputs), **({"adopt": True} if kind.endswith(":Realm") else {})}
    state = lifecycle.create(inputs, preview=False)
    assert "adoptedFrom" in state.properties
    assert any("adopted" in line for line in world.said)
    lifecycle.delete(state.properties)
    assert plain(lifecycle.read(state.id, {}, {}).inputs) == plain(untouched)


def test_an_import_by_the_id_needs_no_change_afterwards(world, kind, sample):
    if sample.nameless:
        pytest.skip("Keycloak has no key for it")
    inputs, state = world.add(kind, sample.inputs)
    lifecycle = world.lifecycle(kind)
    imported = lifecycle.read(state.id, {}, {})
    fields = catalogue()[kind].spec.fields()
    differing = {
        item.path for item in lifecycle.diff(imported.inputs, imported.properties, inputs).differences
    }
    assert {path for path in differing if not fields[path].secret} == set()


def test_a_realm_that_exists_is_not_taken_over_unasked(world):
    with pytest.raises(ProvisionError, match="exists already"):
        world.add("provision:keycloak:Realm", {"name": world.realm})


def test_a_realm_of_an_interrupted_run_is_recognised_and_deleted_with_the_stack(world):
    values = {"name": "other", "suppliedKeys": True, "owner": "provision/dev"}
    world.add("provision:keycloak:Realm", values)
    _, state = world.add("provision:keycloak:Realm", values)
    assert "adoptedFrom" not in state.properties


def test_another_issuer_than_the_stack_was_told_is_an_error(world):
    values = {"name": "other", "suppliedKeys": True, "expectedIssuer": "http://elsewhere/realms/x"}
    with pytest.raises(ProvisionError, match="http://elsewhere/realms/x"):
        world.add("provision:keycloak:Realm", values)


def test_a_second_policy_of_one_type_is_an_error_that_names_both(world):
    kind = "provision:keycloak:TrustedHostsPolicy"
    session = world.session
    session.post(
        world.realm,
        "components",
        body={
            "name": "Mine",
            "providerId": "trusted-hosts",
            "providerType": "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy",
            "parentId": session.realm_id(world.realm),
            "subType": "anonymous",
            "config": {
                "host-sending-registration-request-must-match": ["true"],
                "client-uris-must-match": ["true"],
            },
        },
    )
    with pytest.raises(KeycloakError, match="'Mine'"):
        world.add(kind, SAMPLES[kind].inputs)


def test_keycloaks_own_words_reach_the_user(world):
    with pytest.raises(KeycloakError, match="no-such-scope"):
        world.add("provision:keycloak:AllowedClientScopesPolicy", {"allowedClientScopes": ["no-such-scope"]})


def test_a_missing_owner_is_named(world):
    inputs = {"scope": "nowhere", "name": "a", "includedCustomAudience": "http://x"}
    with pytest.raises(KeycloakError, match="no client scope 'nowhere'"):
        world.add("provision:keycloak:AudienceMapper", inputs)


def test_a_wrong_admin_secret_is_named_without_the_secret(live_keycloak):
    with pytest.raises(KeycloakError, match="refused the service account 'provision-admin'") as caught:
        Session(live_keycloak.url, "provision-admin", "wrong-wrong-wrong").get("master")
    assert "wrong-wrong" not in str(caught.value)


def _identity(world, kind, values):
    spec = catalogue()[kind].spec
    return spec.model_validate(plain(world.inputs(kind, values))).identity()
