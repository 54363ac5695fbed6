"""Authentication flows: nobody meets a half-made flow, and Keycloak's own flows stay Keycloak's."""

from __future__ import annotations

import pytest

from provision.keycloak.api.session import KeycloakError
from provision.provider.discovery import discover
from provision.provider.wire import plain
from tests.support.world import is_another

pytestmark = pytest.mark.shares_realm

_FLOW, _BINDINGS = "provision:keycloak:AuthenticationFlow", "provision:keycloak:AuthenticationBindings"
_COOKIE = {"authenticator": "auth-cookie", "requirement": "ALTERNATIVE"}
_PASSWORD = {"authenticator": "auth-username-password-form", "requirement": "REQUIRED"}
_OTP = {"authenticator": "auth-otp-form", "requirement": "REQUIRED"}
_NOBODY_KNOWS = {"authenticator": "none-such", "requirement": "REQUIRED"}


def forms(alias, *steps):
    return {"subFlow": f"{alias} forms", "requirement": "ALTERNATIVE", "executions": list(steps)}


def aliases(world):
    return {item["alias"] for item in world.session.get(world.realm, "authentication", "flows")}


def steps(world, alias):
    listed = world.session.get(world.realm, "authentication", "flows", alias, "executions")
    return [(item["level"], item.get("providerId") or "", item["requirement"]) for item in listed]


def bound(world):
    return world.session.get(world.realm)["browserFlow"]


def inputs_of(world, values):
    """The inputs of a flow without the check of the authenticators, which a preview makes."""
    return {"realm": world.realm, **values}


def test_a_failing_change_of_a_bound_flow_leaves_the_realm_with_the_flow_as_it_was(world):
    alias = "bound"
    lifecycle = world.lifecycle(_FLOW)
    first = {"alias": alias, "executions": [_COOKIE, forms(alias, _PASSWORD)]}
    inputs, state = world.add(_FLOW, first)
    _, bindings = world.add(_BINDINGS, {"browserFlow": alias})
    before = steps(world, alias)

    broken = {"alias": alias, "executions": [forms(alias, _PASSWORD, _OTP), _NOBODY_KNOWS]}
    with pytest.raises(KeycloakError, match=r"none-such.*(?s:.*)The realm uses 'bound - kept"):
        lifecycle.update(state.properties, inputs_of(world, broken), preview=False)
    copy = bound(world)
    assert copy.startswith("bound - kept")
    assert steps(world, copy) == before

    with pytest.raises(KeycloakError, match="none-such"):
        lifecycle.update(state.properties, inputs_of(world, broken), preview=False)
    assert (bound(world), steps(world, copy)) == (copy, before)

    right = world.inputs(_FLOW, {"alias": alias, "executions": [forms(alias, _PASSWORD, _OTP)]})
    properties = lifecycle.update(state.properties, right, preview=False)
    assert bound(world) == alias
    assert copy not in aliases(world)
    assert [item[1] for item in steps(world, alias)] == ["", "auth-username-password-form", "auth-otp-form"]
    assert plain(lifecycle.read(state.id, properties, right).inputs) == right

    with pytest.raises(KeycloakError, match=r"uses the authentication flow bound .*browserFlow"):
        lifecycle.delete(properties)
    world.lifecycle(_BINDINGS).delete(bindings.properties)
    assert bound(world) == "browser"
    lifecycle.delete(properties)
    assert alias not in aliases(world)
    assert inputs


def test_a_change_of_one_call_needs_no_copy_and_no_new_rows(world):
    alias = "in place"
    values = {"alias": alias, "executions": [_COOKIE, forms(alias, _PASSWORD, _OTP)]}
    _, state = world.add(_FLOW, values)
    _, bindings = world.add(_BINDINGS, {"browserFlow": alias})
    where = ("authentication", "flows", alias, "executions")
    ids = [item["id"] for item in world.session.get(world.realm, *where)]
    writes = world.session.changes(world.realm)

    changed = {
        **values,
        "executions": [{**_COOKIE, "requirement": "DISABLED"}, forms(alias, _PASSWORD, _OTP)],
    }
    properties = world.lifecycle(_FLOW).update(state.properties, world.inputs(_FLOW, changed), preview=False)
    assert world.session.changes(world.realm) - writes == 2  # before and after one call
    assert [item["id"] for item in world.session.get(world.realm, *where)] == ids
    world.lifecycle(_BINDINGS).delete(bindings.properties)
    world.lifecycle(_FLOW).delete(properties)


def test_an_execution_that_somebody_added_is_seen_and_removed(world):
    alias = "extended"
    values = {"alias": alias, "executions": [_COOKIE, forms(alias, _PASSWORD)]}
    inputs, state = world.add(_FLOW, values)
    where = ("authentication", "flows", f"{alias} forms", "executions", "execution")
    world.session.post(world.realm, *where, body={"provider": "deny-access-authenticator"})
    lifecycle = world.lifecycle(_FLOW)
    seen = lifecycle.read(state.id, state.properties, inputs)
    (difference,) = lifecycle.diff(seen.inputs, seen.properties, inputs).differences
    assert difference.path == "executions[1].executions[1]"
    repaired = lifecycle.update(seen.properties, inputs, preview=False)
    assert plain(lifecycle.read(state.id, repaired, inputs).inputs) == inputs
    lifecycle.delete(repaired)


def test_a_flow_with_a_step_that_keycloak_refuses_is_not_made_at_all(world):
    values = {"alias": "never", "executions": [_COOKIE, forms("never", _PASSWORD, _NOBODY_KNOWS)]}
    _, refused = world.lifecycle(_FLOW).check({}, {"realm": world.realm, **values})
    assert "no authenticator 'none-such'" in refused[0]
    with pytest.raises(KeycloakError, match="none-such"):
        world.lifecycle(_FLOW).create(inputs_of(world, values), preview=False)
    assert "never" not in aliases(world)
    _, state = world.add(_FLOW, {**values, "executions": [forms("never", _PASSWORD)]})  # the names are free
    taken = {"alias": "other", "executions": [forms("never", _OTP)]}
    with pytest.raises(KeycloakError, match=r"A name in the authentication flow other .* is taken"):
        world.add(_FLOW, taken)
    assert "other" not in aliases(world)
    world.lifecycle(_FLOW).delete(state.properties)


def test_a_secret_of_a_step_is_refused_in_clear_and_kept_when_another_setting_changes(world):
    captcha = {
        "authenticator": "registration-recaptcha-action",
        "requirement": "REQUIRED",
        "configAlias": "captcha",
        "config": {"site.key": "a"},
    }

    def values(**config):
        page = {"authenticator": "registration-page-form", "subFlow": "page", "requirement": "REQUIRED"}
        step = {**captcha, "config": {**captcha["config"], **config}}
        return {"alias": "sign up", "executions": [{**page, "executions": [step]}]}

    with pytest.raises(KeycloakError, match=r"configSecrets, as 'captcha/secret.key'"):
        world.add(_FLOW, values(**{"secret.key": "hidden-value"}))
    assert "sign up" not in aliases(world)

    secret = {"configSecrets": {"captcha/secret.key": "hidden-value"}}
    inputs, state = world.add(_FLOW, {**values(), **secret})
    assert "hidden-value" not in repr(state.properties)
    lifecycle = world.lifecycle(_FLOW)
    assert plain(lifecycle.read(state.id, state.properties, inputs).inputs) == plain(inputs)
    config = next(
        item
        for item in world.session.export(world.realm)["authenticatorConfig"]
        if item["alias"] == "captcha"
    )
    kept = config["config"]["secret.key"]  # masked since 26.7
    assert config["config"] == {"site.key": "a", "secret.key": kept}
    without = world.inputs(_FLOW, values(action="join"))
    properties = lifecycle.update(state.properties, {**without, **secret}, preview=False)
    config = next(
        item
        for item in world.session.export(world.realm)["authenticatorConfig"]
        if item["alias"] == "captcha"
    )
    assert config["config"] == {"site.key": "a", "action": "join", "secret.key": kept}
    lifecycle.delete(properties)


def test_a_flow_of_keycloak_changes_but_gains_no_step_and_comes_back(world):
    key = f"{world.realm}/direct grant"
    lifecycle = world.lifecycle(_FLOW)
    untouched = plain(lifecycle.read(key, {}, {}).inputs)
    first, *others = untouched["executions"]
    values = {
        "alias": "direct grant",
        "executions": [first, {**others[0], "requirement": "DISABLED"}, *others[1:]],
    }
    inputs, state = world.add(_FLOW, values)
    assert "adoptedFrom" in state.properties
    assert others[0]["requirement"] == "REQUIRED"
    assert steps(world, "direct grant")[1][2] == "DISABLED"

    more = world.inputs(_FLOW, {**values, "executions": [*values["executions"], _OTP]})
    with pytest.raises(KeycloakError, match=r"Keycloak made .* nobody add or remove"):
        lifecycle.update(state.properties, more, preview=False)
    assert plain(lifecycle.read(key, state.properties, inputs).inputs) == inputs
    assert bool([alias for alias in aliases(world) if "kept" in alias]) is False
    lifecycle.delete(state.properties)
    assert plain(lifecycle.read(key, {}, {}).inputs) == untouched


@pytest.mark.skipif(is_another(), reason="other versions make other flows, which are named too")
def test_flows_and_bindings_are_adopted_and_nothing_of_them_is_left_out(world):
    class Silent:
        def note(self, text): ...

    session, realm = world.session, world.realm
    session.post(realm, "authentication", "flows", "browser", "copy", body={"newName": "my browser"})
    session.put(realm, body={"realm": realm, "browserFlow": "my browser"})
    where = ("authentication", "flows", "reset credentials", "executions")
    first = session.get(realm, *where)[-1]
    session.put(realm, *where, body={**first, "requirement": "DISABLED"})
    found = discover(session, realm, Silent())
    entries = [item for item in found.objects if item["type"].startswith("Authentication")]
    assert {item.get("alias", "bindings") for item in entries} == {
        "my browser",
        "reset credentials",
        "bindings",
    }
    assert {"type": "AuthenticationBindings", "browserFlow": "my browser"} in entries
    assert [text for text in found.left_out if "flow" in text.lower() or "authenticator" in text] == []
    session.put(realm, body={"realm": realm, "browserFlow": "browser"})
    session.put(realm, *where, body=first)
