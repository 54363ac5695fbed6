"""Authentication flows in stack files, in what ``adopt`` leaves out, and in the comparison of a realm with its record."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from provision.config.objects import DeclaredObject, declared, secret_fields
from provision.config.secret_source import RESOLVE
from provision.core.handler import Observed
from provision.keycloak import factory_realm
from provision.keycloak import realm_document as document
from provision.keycloak.objects.authentication_bindings import AuthenticationBindings, bound
from provision.keycloak.objects.authentication_flow import AuthenticationFlow
from provision.keycloak.realm_differences import differences
from provision.keycloak.realm_listing import RealmListing
from provision.keycloak.remainder import Said, remainder
from provision.provider.lifecycle import Lifecycle
from provision.provider.made_realm import _within, places
from provision.provider.wire import UNKNOWN

_CAPTCHA = {"authenticator": "captcha", "requirement": "REQUIRED", "configAlias": "ours"}
_ENTRY = {"type": "AuthenticationFlow", "alias": "sign up", "executions": [_CAPTCHA]}


def test_each_secret_of_a_flow_comes_from_its_own_source(monkeypatch):
    monkeypatch.setenv("CAPTCHA", "hidden-value")
    entry = {**_ENTRY, "configSecrets": {"ours/secret.key": {"env": "CAPTCHA"}}}
    item = DeclaredObject.model_validate(entry, context={RESOLVE: True})
    assert "hidden-value" not in repr(item)
    assert declared(item, "mcp").config_secrets == {"ours/secret.key": "hidden-value"}
    assert secret_fields(entry) == ()


def test_a_secret_of_a_flow_in_clear_is_refused_without_the_secret():
    entry = {**_ENTRY, "configSecrets": {"ours/secret.key": "hidden-value"}}
    with pytest.raises(ValidationError, match="in clear") as caught:
        DeclaredObject.model_validate(entry)
    assert "hidden-value" not in str(caught.value)
    assert "secret set" not in str(caught.value)


def test_bindings_come_after_the_flows_that_they_name():
    spec = AuthenticationBindings(realm="mcp", browser_flow="ours")
    assert ("AuthenticationFlow", "ours") in set(spec.references())


def test_the_places_at_which_a_realm_uses_a_flow_are_named():
    realm = {"browserFlow": "ours", "directGrantFlow": "ours", "displayName": "ours"}
    assert bound(realm, "ours") == ("browserFlow", "directGrantFlow")
    assert bound(None, "ours") == ()


@pytest.fixture
def changed():
    """The export of a realm with a flow of its own that it uses."""
    realm = copy.deepcopy(factory_realm.factory("acme", "default-roles-acme")["realm"])
    steps = [{"flowAlias": "inner", "authenticatorFlow": True}]
    inner = [{"authenticator": "captcha", "authenticatorConfig": "settings of ours"}]
    realm["authenticationFlows"] += [
        {"alias": "ours", "topLevel": True, "builtIn": False, "authenticationExecutions": steps},
        {"alias": "inner", "topLevel": False, "builtIn": False, "authenticationExecutions": inner},
    ]
    realm["authenticatorConfig"] += [{"alias": "settings of ours", "config": {"a": "b"}}]
    realm["browserFlow"] = "ours"
    return realm


class _Recorded:
    def get(self, realm, *path, **_):
        record = factory_realm.factory(realm, f"default-roles-{realm}")
        return record["profile"] if path == ("users", "profile") else record["realm"]


def test_what_a_flow_and_the_bindings_say_is_not_left_out(changed):
    listing = RealmListing(_Recorded(), "acme")
    untold = remainder(listing, changed, ())
    assert {"authentication flow ours", "settings of the realm: browserFlow"} <= set(untold)

    flow = AuthenticationFlow(realm="acme", alias="ours")
    bindings = AuthenticationBindings(realm="acme", browser_flow="ours")
    to_json = SimpleNamespace(to_json=lambda spec, _raw, _names: {"browserFlow": spec.browser_flow})
    said = [Said(SimpleNamespace(), Observed("", flow)), Said(to_json, Observed("", bindings))]
    assert remainder(listing, changed, said) == []


def test_a_declared_flow_is_compared_with_its_declaration_and_not_with_the_record_of_the_realm(changed):
    live = document.of_export(changed)
    record = document.of_export(factory_realm.factory("acme", "default-roles-acme")["realm"])
    assert any(item.path == (document.FLOWS, "ours") for item in differences(record, live, whole=True))
    (place,) = places(None, AuthenticationFlow(realm="acme", alias="ours"))
    assert place == (document.FLOWS, "ours")
    assert set(_within(place, live)) == {
        (document.FLOWS, "inner"),
        (document.FLOW_SETTINGS, "settings of ours"),
    }
    assert (document.REALM, "browserFlow") in places(None, AuthenticationBindings(realm="acme"))


def test_a_flow_whose_steps_are_not_known_yet_passes_the_check():
    from provision.core.handler import Context
    from provision.keycloak.objects.authentication_flow import AuthenticationFlowHandler

    lifecycle = Lifecycle(AuthenticationFlowHandler, Context(log=print))
    inputs = {"realm": "mcp", "alias": "ours", "executions": UNKNOWN}
    assert lifecycle.check({}, inputs) == (inputs | {"flowType": "basic-flow"}, [])
