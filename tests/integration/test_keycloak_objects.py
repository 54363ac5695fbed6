"""Every kind of Keycloak object against the real server: no false drift, true drift, adoption, restore, import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from provision._lib.errors import ProvisionError
from provision.core.registry import catalogue
from provision.core.spec import Mark
from provision.keycloak.api.session import KeycloakError, Session
from provision.keycloak.connection import Connection
from provision.provider.lifecycle import made_with
from provision.provider.wire import plain
from tests.support.samples import SAMPLES
from tests.support.values import changes, everything
from tests.support.world import World, need

if TYPE_CHECKING:
    from provision.provider.lifecycle import State

_KINDS = [token for token in catalogue() if token.startswith("provision:keycloak:")]


class Guest(World):
    """A test in a realm that all tests of this file share; what it makes goes with it."""

    def __init__(self, host: World):
        self.session = host.session
        self.realm = host.realm
        self.said: list[str] = []
        self._made: list[tuple[str, State]] = []

    def add(self, token, values):
        inputs, state = super().add(token, values)
        self._made.append((token, state))
        return inputs, state

    def leave(self):
        for token, state in reversed(self._made):
            self.lifecycle(token).delete(state.properties)
        self.session.delete(f"{self.realm}-other")  # of a create that failed when it was made already


@pytest.fixture
def world(shared_world):
    guest = Guest(shared_world)
    yield guest
    guest.leave()


def of_kinds(but=lambda sample: False):
    """One case for each kind; those to which it does not apply are left out."""
    kinds = [token for token in _KINDS if token not in SAMPLES or not but(SAMPLES[token])]
    return pytest.mark.parametrize("kind", kinds, ids=lambda token: token.rsplit(":", 1)[-1])


@pytest.fixture
def sample(world, kind):
    assert kind in SAMPLES, "a new kind needs a sample in tests/support/samples/"
    need(world.session, kind)
    for needed, values in SAMPLES[kind].needs:
        world.add(needed, values)
    return SAMPLES[kind]


def differing(lifecycle, state, properties, inputs):
    """The fields in which the world differs from the declared inputs."""
    seen = lifecycle.read(state.id, properties, inputs)
    verdict = lifecycle.diff(seen.inputs, seen.properties, inputs)
    return sorted({re.split(r"[.[]", item.path)[0] for item in verdict.differences})


def problems_of_field(world, kind, state, base, *, name, new):
    """Change one field, have somebody change it back, repair it; what went wrong, in words."""
    lifecycle = world.lifecycle(kind)
    unseen = Mark.WRITE_ONLY in catalogue()[kind].spec.fields()[name].marks
    before, after = world.inputs(kind, base), world.inputs(kind, {**base, name: new})
    started = {**state.properties, **before}
    applied = lifecycle.update(started, after, preview=False)
    if found := differing(lifecycle, state, applied, after):
        yield f"after the update {found} differ"
    if not unseen and name not in differing(lifecycle, state, applied, before):
        yield "the update was not applied"
    world.lifecycle(kind).update(applied, before, preview=False)
    if (found := differing(lifecycle, state, applied, after)) != ([] if unseen else [name]):
        yield f"after somebody changed it {found} differ"
    repaired = lifecycle.update(applied, after, preview=False)
    if found := differing(lifecycle, state, repaired, after):
        yield f"after the repair {found} differ"
    reset = lifecycle.update(repaired, before, preview=False)
    if found := differing(lifecycle, state, reset, before):
        yield f"after going back {found} differ"


@of_kinds()
def test_every_field_of_an_object_goes_through_its_whole_life(world, kind, sample):
    before = everything(world.session, world.realm)
    lifecycle = world.lifecycle(kind)
    inputs, state = world.add(kind, sample.inputs)
    assert differing(lifecycle, state, state.properties, inputs) == []

    change = changes(kind)
    defaults = {name: catalogue()[kind].spec.defaults().get(name) for name in change}
    base = {**{name: value for name, value in defaults.items() if value is not None}, **sample.inputs}
    all_declared = world.inputs(kind, base)
    assert differing(lifecycle, state, state.properties, all_declared) == [], "a default is not what was made"

    wrong = {
        name: problems
        for name, new in change.items()
        if (problems := [*problems_of_field(world, kind, state, base, name=name, new=new)])
    }
    assert wrong == {}

    changed = world.inputs(kind, {**sample.inputs, **changes(kind)})
    properties = lifecycle.update({**state.properties, **all_declared}, changed, preview=False)
    assert differing(lifecycle, state, properties, changed) == []

    lifecycle.delete(properties)
    assert everything(world.session, world.realm) == before


@of_kinds()
def test_a_field_that_nobody_declared_is_guarded_if_the_object_is_ours(world, kind, sample):
    lifecycle = world.lifecycle(kind)
    inputs, state = world.add(kind, sample.inputs)
    guarded = made_with(state.properties)
    wrong = {}
    for name, new in changes(kind).items():
        if name in guarded:
            theirs = world.inputs(kind, {**sample.inputs, name: new})
            world.lifecycle(kind).update({**state.properties, **inputs}, theirs, preview=False)
            seen = lifecycle.read(state.id, state.properties, inputs)
            verdict = lifecycle.diff(seen.inputs, seen.properties, inputs)
            repaired = lifecycle.update(seen.properties, inputs, preview=False)
            found = {re.split(r"[.[]", item.path)[0] for item in verdict.differences}
            if found != {name} or differing(lifecycle, state, repaired, inputs):
                wrong[name] = found, differing(lifecycle, state, repaired, inputs)
    assert wrong == {}


@of_kinds(but=lambda sample: sample.nameless)
def test_what_was_adopted_gets_its_former_settings_back(world, kind, sample):
    before = {**sample.inputs, **changes(kind)}
    lifecycle = world.lifecycle(kind)
    if not sample.factory:
        world.add(kind, before)
    untouched = lifecycle.read(_identity(world, kind, before), {}, {}).inputs
    inputs = {**world.inputs(kind, sample.inputs), **({"adopt": True} if kind.endswith(":Realm") else {})}
    state = lifecycle.create(inputs, preview=False)
    assert "adoptedFrom" in state.properties
    told = any("adopted" in line for line in world.said)
    assert told or (catalogue()[kind].spec.is_membership() and changes(kind) == {})
    lifecycle.delete(state.properties)
    assert plain(lifecycle.read(state.id, {}, {}).inputs) == plain(untouched)


@of_kinds(but=lambda sample: sample.nameless)
def test_an_import_by_the_id_needs_no_change_afterwards(world, kind, sample):
    inputs, state = world.add(kind, sample.inputs)
    lifecycle = world.lifecycle(kind)
    imported = lifecycle.read(state.id, {}, {})
    fields = catalogue()[kind].spec.fields()
    differing = {
        item.path for item in lifecycle.diff(imported.inputs, imported.properties, inputs).differences
    }
    assert {path for path in differing if not fields[path].secret} == set()


def test_one_check_of_trusted_hosts_takes_the_place_of_the_other(world):
    kind, hosts = "provision:keycloak:TrustedHostsPolicy", {"trustedHosts": ["localhost"]}
    sender = "hostSendingRegistrationRequestMustMatch"
    _, state = world.add(kind, {**hosts, sender: True, "clientUrisMustMatch": False})
    changed = world.inputs(kind, {**hosts, sender: False, "clientUrisMustMatch": True})
    lifecycle = world.lifecycle(kind)
    assert differing(lifecycle, state, state.properties, changed) == ["clientUrisMustMatch", sender]
    properties = lifecycle.update(state.properties, changed, preview=False)
    assert differing(lifecycle, state, properties, changed) == []


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


def _policy_by_hand(world, name, registration):
    body = {
        "name": name,
        "providerId": "trusted-hosts",
        "providerType": "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy",
        "parentId": world.session.realm_id(world.realm),
        "subType": registration,
        "config": {
            "host-sending-registration-request-must-match": ["true"],
            "client-uris-must-match": ["true"],
        },
    }
    return world.session.post(world.realm, "components", body=body)


def test_two_policies_of_one_type_that_people_made_are_an_error_that_names_both(world):
    kind = "provision:keycloak:TrustedHostsPolicy"
    made = [_policy_by_hand(world, name, "authenticated") for name in ("Mine", "Yours")]
    with pytest.raises(KeycloakError, match=r"'(Mine|Yours)', '(Mine|Yours)'"):
        world.add(kind, {**SAMPLES[kind].inputs, "registration": "authenticated"})
    for policy in made:
        world.session.delete(world.realm, "components", policy)


def test_of_two_policies_of_one_type_keycloaks_own_is_declared(world):
    kind = "provision:keycloak:TrustedHostsPolicy"
    made = _policy_by_hand(world, "Mine", "anonymous")
    _, state = world.add(kind, SAMPLES[kind].inputs)
    world.lifecycle(kind).delete(state.properties)
    assert world.session.get(world.realm, "components", made)["name"] == "Mine"
    world.session.delete(world.realm, "components", made)


def test_keycloaks_own_words_reach_the_user(world):
    with pytest.raises(KeycloakError, match="no-such-scope"):
        world.add("provision:keycloak:AllowedClientScopesPolicy", {"allowedClientScopes": ["no-such-scope"]})


def test_a_missing_owner_is_named(world):
    inputs = {"scope": "nowhere", "name": "a", "includedCustomAudience": "http://x"}
    with pytest.raises(KeycloakError, match="no client scope 'nowhere'"):
        world.add("provision:keycloak:AudienceMapper", inputs)


def test_a_wrong_admin_secret_is_named_without_the_secret(live_keycloak):
    with pytest.raises(KeycloakError, match="refused the service account 'provision-admin'") as caught:
        Session(
            Connection(url=live_keycloak.url, client_id="provision-admin", client_secret="wrong-wrong-wrong")
        ).get("master")
    assert "wrong-wrong" not in str(caught.value)


def test_a_realm_that_is_not_there_is_named(live_keycloak):
    account = Connection(
        url=live_keycloak.url, client_id="provision-admin", client_secret="any", auth_realm="nowhere"
    )
    with pytest.raises(
        KeycloakError, match=r"has no realm 'nowhere', in which .* 'provision-admin' should be"
    ):
        Session(account).get("nowhere")


def _identity(world, kind, values):
    spec = catalogue()[kind].spec
    return spec.model_validate(plain(world.inputs(kind, values))).identity()
