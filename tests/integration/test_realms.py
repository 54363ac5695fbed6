"""Realms: what a new one is like, attributes and headers that are only partly ours, and the way back to the defaults."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from provision._lib.errors import AlreadyExistsError, OutcomeUnknownError
from provision.core.registry import catalogue
from provision.provider.wire import plain
from tests.support.samples import SAMPLES

REALM = "provision:keycloak:Realm"
EVERYTHING = {**SAMPLES[REALM].inputs, **SAMPLES[REALM].change}


def _make(world, **values):
    return world.add(REALM, {"name": "other", "suppliedKeys": True, **values})


def _raw(world):
    return world.session.get(f"{world.realm}-other")


def _change(world, state, **values):
    inputs = world.inputs(REALM, {"name": "other", "suppliedKeys": True, **values})
    return inputs, world.lifecycle(REALM).update(state.properties, inputs, preview=False)


def _paths(world, state, inputs):
    lifecycle = world.lifecycle(REALM)
    seen = lifecycle.read(state.id, state.properties, inputs)
    return [item.path for item in lifecycle.diff(seen.inputs, seen.properties, inputs).differences]


def test_a_new_realm_is_safer_than_keycloaks_own(world):
    _make(world)
    raw = _raw(world)
    assert raw["revokeRefreshToken"] is True
    assert raw["bruteForceProtected"] is True
    assert raw["offlineSessionMaxLifespanEnabled"] is True
    assert raw["registrationAllowed"] is False


def test_every_setting_that_is_no_longer_declared_goes_back_to_its_default(world):
    _make(world)
    untouched = _raw(world)
    _, state = world.add(REALM, {**EVERYTHING, "name": "other", "adopt": True})
    state.properties.pop("adoptedFrom")  # as if it were ours
    _change(world, state)
    assert _raw(world) == untouched


def test_a_realm_with_every_setting_is_imported_as_it_is(world):
    inputs, state = world.add(REALM, EVERYTHING)
    imported = plain(world.lifecycle(REALM).read(state.id, {}, {}).inputs)
    assert imported == {name: value for name, value in plain(inputs).items() if name != "suppliedKeys"}


def test_the_frontend_url_is_part_of_the_issuer(world):
    _, state = _make(world, frontendUrl="https://login.example/auth")
    assert state.properties["issuer"] == f"https://login.example/auth/realms/{world.realm}-other"


def test_other_attributes_than_the_frontend_url_stay(world):
    _, state = _make(world, owner="provision/dev")
    name = f"{world.realm}-other"
    theirs = {**_raw(world)["attributes"], "theirs": "kept"}
    world.session.put(name, body={"realm": name, "attributes": theirs})
    _, properties = _change(world, state, frontendUrl="https://login.example", oauth2DeviceCodeLifespan=77)
    attributes = _raw(world)["attributes"]
    assert (
        attributes.items()
        >= {
            "theirs": "kept",
            "provision.owner": "provision/dev",
            "frontendUrl": "https://login.example",
            "oauth2DeviceCodeLifespan": "77",
        }.items()
    )
    _change(world, replace(state, properties=properties))
    assert "frontendUrl" not in _raw(world)["attributes"]
    assert _raw(world)["attributes"].items() >= {"theirs": "kept", "provision.owner": "provision/dev"}.items()


def test_only_declared_headers_are_ours(world):
    inputs, state = _make(world, browserSecurityHeaders={"xFrameOptions": "DENY"})
    name = f"{world.realm}-other"
    assert _raw(world)["browserSecurityHeaders"]["xContentTypeOptions"] == "nosniff"
    world.session.put(
        name, body={"browserSecurityHeaders": {"referrerPolicy": "origin", "xRobotsTag": "noindex"}}
    )
    assert _paths(world, state, inputs) == []
    world.session.put(name, body={"browserSecurityHeaders": {"xFrameOptions": ""}})
    assert _paths(world, state, inputs) == ["browserSecurityHeaders.xFrameOptions"]
    _change(world, state, browserSecurityHeaders={"xFrameOptions": "DENY"})
    headers = _raw(world)["browserSecurityHeaders"]
    assert headers["xFrameOptions"] == "DENY"
    assert headers["referrerPolicy"] == "origin"


@pytest.mark.parametrize("rest", [{}, {"browserSecurityHeaders": {"xRobotsTag": "none"}}])
def test_a_header_that_is_no_longer_declared_is_keycloaks_own_again_and_not_off(world, rest):
    declared = {"xFrameOptions": "off", "xRobotsTag": "none"}
    _, state = _make(world, browserSecurityHeaders=declared)
    _change(world, state, **rest)
    assert _raw(world)["browserSecurityHeaders"]["xFrameOptions"] == "SAMEORIGIN"


def test_a_header_that_is_off_is_not_sent_to_browsers(world):
    _make(world, browserSecurityHeaders={"xFrameOptions": "off", "referrerPolicy": "origin"})
    headers = httpx.get(
        f"{world.session.url}/realms/{world.realm}-other/protocol/openid-connect/auth"
    ).headers
    assert "x-frame-options" not in headers
    assert headers["referrer-policy"] == "origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_an_adopted_realm_keeps_the_headers_of_others_and_gets_its_own_back(world):
    _make(world, browserSecurityHeaders={"xFrameOptions": "DENY", "referrerPolicy": "origin"})
    before = _raw(world)["browserSecurityHeaders"]
    _, state = _make(
        world, adopt=True, browserSecurityHeaders={"xFrameOptions": "off", "xRobotsTag": "noindex"}
    )
    during = _raw(world)["browserSecurityHeaders"]
    assert during == {**before, "xFrameOptions": "", "xRobotsTag": "noindex"}
    world.lifecycle(REALM).delete(state.properties)
    assert _raw(world)["browserSecurityHeaders"] == before


def test_keycloaks_own_headers_are_those_that_we_know(world):
    from provision.keycloak.objects.realm import _HEADERS

    assert world.session.get(world.realm)["browserSecurityHeaders"] == _HEADERS


@pytest.mark.parametrize(
    "policy",
    [
        "digits(1)  and   length(12) and notUsername ",
        "notUsername() and maxLength(64)",
        "length(8) and regexPattern(^(a|b)()$) and length(9)",
    ],
)
def test_a_password_policy_is_no_drift_however_keycloak_spells_it(world, policy):
    inputs, state = _make(world, passwordPolicy=policy)
    assert _paths(world, state, inputs) == []
    world.session.put(f"{world.realm}-other", body={"passwordPolicy": "length(4)"})
    assert _paths(world, state, inputs) == ["passwordPolicy"]


def test_two_users_of_one_address_are_possible_when_nobody_logs_in_with_it(world):
    inputs, state = _make(world, duplicateEmailsAllowed=True, loginWithEmailAllowed=False)
    assert _paths(world, state, inputs) == []
    world.session.put(f"{world.realm}-other", body={"duplicateEmailsAllowed": False})
    assert _paths(world, state, inputs) == ["duplicateEmailsAllowed"]


def test_a_realm_whose_making_was_not_answered_is_ours(world, monkeypatch):
    kind = catalogue()[REALM]
    create = kind.create

    def unanswered(calls, spec):
        create(calls, spec)
        raise OutcomeUnknownError("the line was cut")

    monkeypatch.setattr(kind, "create", unanswered)
    _, state = _make(world, browserSecurityHeaders={"xFrameOptions": "off"}, frontendUrl="https://a.example")
    assert "adoptedFrom" not in state.properties


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"duplicateEmailsAllowed": True}, "needs loginWithEmailAllowed to be false"),
        (
            {
                "duplicateEmailsAllowed": True,
                "loginWithEmailAllowed": False,
                "registrationEmailAsUsername": True,
            },
            "does not go with registrationEmailAsUsername",
        ),
        ({"browserSecurityHeaders": {"X-Frame-Options": "DENY"}}, "xFrameOptions"),
        ({"defaultSignatureAlgorithm": "none"}, "defaultSignatureAlgorithm"),
    ],
)
def test_what_keycloak_would_ignore_is_refused(world, values, words):
    _, failures = world.lifecycle(REALM).check({}, {"name": "x", **values})
    assert len(failures) == 1
    assert words in failures[0]


def test_the_sample_changes_every_field_that_a_program_may_change():
    from provision.core.spec import Mark

    fixed = {Mark.NATURAL_KEY, Mark.CREATE_ONLY, Mark.REPLACE_ON_CHANGE}
    fields = catalogue()[REALM].spec.fields()
    changeable = {name for name, field in fields.items() if not fixed & field.marks}
    # Another issuer is an error; duplicate addresses exclude what the sample sets, see above.
    assert changeable - SAMPLES[REALM].change.keys() == {
        "expectedIssuer",
        "features",
        "duplicateEmailsAllowed",
    }


def test_a_realm_that_is_there_is_refused_by_keycloak_itself(world):
    with pytest.raises(AlreadyExistsError):
        world.session.post("", body={"realm": world.realm})
