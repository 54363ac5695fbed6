"""Clients: secrets that are supplied or generated, the grants that OAuth 2.1 dropped, PKCE, and resource servers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest

from provision._lib.errors import OutcomeUnknownError
from provision.core.registry import catalogue
from provision.core.spec import Mark
from provision.keycloak.api import server_info
from provision.keycloak.api.session import KeycloakError
from provision.keycloak.objects import client as client_module
from provision.provider.discovery import discover
from provision.provider.wire import Hidden, plain
from tests.support.samples import SAMPLES

pytestmark = pytest.mark.shares_realm

CLIENT = "provision:keycloak:Client"
SAMPLE = SAMPLES[CLIENT]
SECRET = "supplied-secret-of-the-client"
OTHER = "somebody-elses-secret-of-the-client"
CONFIDENTIAL = {"access": "confidential", "serviceAccounts": True}
CODE = {"standardFlow": True, "redirectUris": ["https://app.example/callback"]}


@pytest.fixture
def make(world, request):
    """Makes the test's client, or changes it."""

    def made(state=None, **values):
        values = {"clientId": request.node.name, **values}
        if state is None:
            return world.add(CLIENT, values)
        inputs = world.inputs(CLIENT, values)
        properties = world.lifecycle(CLIENT).update(state.properties, inputs, preview=False)
        return inputs, replace(state, properties=properties)

    return made


@pytest.fixture
def raw(world, request):
    """The test's client in Keycloak's own words."""
    return lambda: client_module.client_with_id(world.session, world.realm, request.node.name)


def _seen(world, inputs, state):
    return world.lifecycle(CLIENT).read(state.id, state.properties, inputs)


def _differences(world, inputs, state):
    seen = _seen(world, inputs, state)
    return world.lifecycle(CLIENT).diff(seen.inputs, seen.properties, inputs).differences


def _put(world, raw, **changes):
    found = raw()
    attributes = {**found["attributes"], **changes.pop("attributes", {})}
    body = {**found, **changes, "attributes": attributes}
    world.session.put(world.realm, "clients", found["id"], body=body)


def _token(world, client, secret):
    return httpx.post(
        f"{world.session.url}/realms/{world.realm}/protocol/openid-connect/token",
        auth=(client, secret),
        data={"grant_type": "client_credentials"},
    ).status_code


# -- secrets ------------------------------------------------------------------------------------------------


def test_a_secret_that_somebody_changed_is_drift_and_is_repaired(world, make, raw):
    inputs, state = make(**CONFIDENTIAL, secret=SECRET)
    _put(world, raw, secret=OTHER)
    differences = _differences(world, inputs, state)
    assert [(item.path, item.kind) for item in differences] == [("secret", "update")]
    _, state = make(state, **CONFIDENTIAL, secret=SECRET)
    assert raw()["secret"] == SECRET
    assert _differences(world, inputs, state) == ()


def test_a_changed_secret_is_shown_nowhere(world, make, raw):
    inputs, state = make(**CONFIDENTIAL, secret=SECRET)
    _put(world, raw, secret=OTHER)
    seen = _seen(world, inputs, state)
    assert seen.inputs["secret"] == Hidden(OTHER)
    assert seen.properties["secret"] == Hidden(OTHER)
    shown = f"{seen!r} {_differences(world, inputs, state)!r} {world.said!r}"
    assert OTHER not in shown
    assert SECRET not in shown


def test_a_secret_that_keycloak_masks_is_believed_and_never_stored(world, make, monkeypatch):
    declared, state = make(**CONFIDENTIAL, secret=SECRET)
    look_up = client_module.client_with_id
    masked = {"secret": "**********"}
    monkeypatch.setattr(client_module, "client_with_id", lambda *where: {**look_up(*where), **masked})
    assert _differences(world, declared, state) == ()
    assert "*****" not in str(plain(_seen(world, declared, state).properties))
    undeclared = world.inputs(CLIENT, {"clientId": declared["clientId"], **CONFIDENTIAL})
    state.properties["generatedSecret"] = Hidden("recorded")
    assert _seen(world, undeclared, state).properties["generatedSecret"] == Hidden("recorded")


def test_a_masked_secret_is_not_sent_back(world, make, raw, monkeypatch):
    _, state = make(**CONFIDENTIAL)
    before = raw()["secret"]
    look_up = client_module.client_with_id
    masked = {"secret": "**********"}
    with monkeypatch.context() as patched:
        patched.setattr(client_module, "client_with_id", lambda *where: {**look_up(*where), **masked})
        make(state, **CONFIDENTIAL, name="Changed")
    assert raw()["name"] == "Changed"
    assert raw()["secret"] == before


def test_an_import_leaves_the_secret_out_of_the_inputs(world, make):
    _, state = make(**CONFIDENTIAL, secret=SECRET)
    imported = world.lifecycle(CLIENT).read(state.id, {}, {})
    assert "secret" not in imported.inputs
    assert imported.properties["generatedSecret"] == Hidden(SECRET)


def test_a_secret_that_is_left_out_is_made_by_keycloak_and_is_an_output(world, make):
    inputs, state = make(**CONFIDENTIAL)
    secret = state.properties["generatedSecret"]
    assert isinstance(secret, Hidden)
    assert _token(world, inputs["clientId"], secret.value) == 200
    assert "secret" not in state.properties
    _, state = make(state, **CONFIDENTIAL, name="Changed")
    assert state.properties["generatedSecret"] == secret
    assert _differences(world, inputs | {"name": "Changed"}, state) == ()


def test_a_generated_secret_that_was_made_anew_is_no_drift_and_is_told(world, make, raw):
    inputs, state = make(**CONFIDENTIAL)
    world.session.post(world.realm, "clients", raw()["id"], "client-secret", body={})
    seen = _seen(world, inputs, state)
    assert seen.properties["generatedSecret"] == Hidden(raw()["secret"])
    assert seen.properties["generatedSecret"] != state.properties["generatedSecret"]
    assert plain(seen.inputs) == plain(inputs)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"access": "confidential", "secret": SECRET},
        {
            "access": "confidential",
            "clientAuthenticator": "client-jwt",
            "jwksUrl": "https://app.example/jwks",
        },
    ],
    ids=["public", "supplied", "key"],
)
def test_no_other_client_has_a_generated_secret(world, make, values):
    inputs, state = make(**values)
    assert "generatedSecret" not in state.properties
    assert "generatedSecret" not in _seen(world, inputs, state).properties


def test_a_public_client_that_becomes_confidential_gets_a_secret(world, make):
    _, state = make()
    inputs, state = make(state, **CONFIDENTIAL)
    assert _token(world, inputs["clientId"], state.properties["generatedSecret"].value) == 200


def test_a_client_that_was_adopted_and_made_public_gets_its_secret_back(world, make, raw):
    make(**CONFIDENTIAL, secret=SECRET)
    _, state = make(access="public", serviceAccounts=False)
    assert raw().get("secret") is None
    world.lifecycle(CLIENT).delete(state.properties)
    assert raw()["publicClient"] is False
    assert raw()["secret"] == SECRET


def test_a_client_that_was_adopted_with_another_secret_gets_its_own_back(world, make, raw):
    make(**CONFIDENTIAL, secret=OTHER)
    _, state = make(**CONFIDENTIAL, secret=SECRET)
    assert OTHER not in repr(state)
    world.lifecycle(CLIENT).delete(state.properties)
    assert raw()["secret"] == OTHER


def test_a_client_with_a_generated_secret_whose_making_was_not_answered_is_ours(
    world, make, raw, monkeypatch
):
    kind = catalogue()[CLIENT]
    create = kind.create

    def unanswered(calls, spec):
        create(calls, spec)
        raise OutcomeUnknownError("the line was cut")

    monkeypatch.setattr(kind, "create", unanswered)
    _, state = make(**CONFIDENTIAL)
    assert "adoptedFrom" not in state.properties
    assert state.properties["generatedSecret"] == Hidden(raw()["secret"])


# -- grants and what they are bound to ----------------------------------------------------------------------


def test_a_new_client_has_no_grant_and_asks_for_pkce(make, raw):
    make()
    found = raw()
    assert not any(
        found[flow]
        for flow in (
            "standardFlowEnabled",
            "implicitFlowEnabled",
            "directAccessGrantsEnabled",
            "serviceAccountsEnabled",
        )
    )
    assert found["fullScopeAllowed"] is False
    assert found["attributes"]["pkce.code.challenge.method"] == "S256"


@pytest.mark.parametrize("values", [{}, {"rootUrl": "https://app.example"}, CONFIDENTIAL])
def test_a_client_is_made_without_redirect_uris_that_nobody_declared(world, make, raw, values):
    """Keycloak itself adds all addresses below the root URL."""
    inputs, state = make(**values, redirectUris=[], webOrigins=[])
    assert raw()["redirectUris"] == []
    assert raw()["webOrigins"] == []
    assert raw().get("rootUrl", "") == values.get("rootUrl", "")
    assert _differences(world, inputs, state) == ()
    make(state, **values, name="Changed", redirectUris=[])
    assert raw()["redirectUris"] == []


def test_a_new_client_sends_no_empty_value(make, raw):
    """Client policies take an empty URL for one that is given, and refuse it."""
    make()
    found = raw()
    assert "" not in [*found.values(), *found["attributes"].values()]


def test_a_root_url_that_is_added_later_brings_no_redirect_uris(make, raw):
    _, state = make()
    make(state, rootUrl="https://app.example")
    assert raw()["rootUrl"] == "https://app.example"
    assert raw()["redirectUris"] == []
    assert raw()["webOrigins"] == []


def test_a_grant_that_somebody_switched_on_is_drift_where_it_is_declared_off(world, make, raw):
    inputs, state = make(directAccessGrants=False, implicitFlow=False)
    _put(world, raw, directAccessGrantsEnabled=True, implicitFlowEnabled=True)
    assert {item.path for item in _differences(world, inputs, state)} == {
        "directAccessGrants",
        "implicitFlow",
    }


@pytest.mark.parametrize(("require", "refused"), [(True, True), (False, False)])
def test_an_authorization_request_without_pkce_is_refused_where_it_is_required(world, make, require, refused):
    inputs, _ = make(**CODE, requirePkce=require)
    answer = httpx.get(
        f"{world.session.url}/realms/{world.realm}/protocol/openid-connect/auth",
        params={
            "client_id": inputs["clientId"],
            "response_type": "code",
            "redirect_uri": CODE["redirectUris"][0],
        },
    )
    assert ("code_challenge" in answer.headers.get("location", "")) is refused


def test_a_bearer_only_client_is_read_with_its_grants_off(world):
    body = {"clientId": "bearer-api", "bearerOnly": True, "standardFlowEnabled": True}
    world.session.post(world.realm, "clients", body=body)
    found = discover(world.session, world.realm, SimpleNamespace(note=lambda _: None))
    (client,) = [item for item in found.objects if item.get("clientId") == "bearer-api"]
    assert not {"standardFlow", "redirectUris"} & client.keys()
    told = [line for line in found.left_out if line.startswith("client bearer-api")]
    assert told == [f"client bearer-api in realm {world.realm}: bearerOnly"]


def test_a_client_that_somebody_made_bearer_only_gets_its_grant_back(world, make, raw):
    inputs, state = make(access="confidential", **CODE)
    _put(world, raw, bearerOnly=True)
    assert {item.path for item in _differences(world, inputs, state)} == {"standardFlow"}
    make(state, access="confidential", **CODE)
    assert (raw()["bearerOnly"], raw()["standardFlowEnabled"]) == (False, True)


def test_urls_that_somebody_switched_off_are_drift(world, make, raw):
    inputs, state = make(
        access="confidential",
        clientAuthenticator="client-jwt",
        jwksUrl="https://app.example/jwks",
        frontChannelLogoutUrl="https://app.example/front",
    )
    _put(world, raw, frontchannelLogout=False, attributes={"use.jwks.url": "false"})
    assert {item.path for item in _differences(world, inputs, state)} == {"jwksUrl", "frontChannelLogoutUrl"}
    make(
        state,
        access="confidential",
        clientAuthenticator="client-jwt",
        jwksUrl="https://app.example/jwks",
        frontChannelLogoutUrl="https://app.example/front",
    )
    assert _differences(world, inputs, state) == ()


def test_attributes_of_others_stay(world, make, raw):
    _, state = make(description="One")
    _put(world, raw, attributes={"theirs": "kept", "logoUri": "https://app.example/logo"})
    make(state, description="Two", accessTokenLifespan=60)
    assert raw()["attributes"].items() >= {"theirs": "kept", "logoUri": "https://app.example/logo"}.items()


def test_every_setting_that_is_no_longer_declared_goes_back_to_its_default(make, raw):
    _, state = make(**CONFIDENTIAL | CODE)
    untouched = raw()
    without = {"access", "clientId", "secret", *CONFIDENTIAL, *CODE}
    everything = {name: value for name, value in SAMPLE.change.items() if name not in without}
    _, state = make(state, **CONFIDENTIAL | CODE | everything)
    make(state, **CONFIDENTIAL | CODE)
    assert {name: value for name, value in raw().items() if value != ""} == untouched


def test_a_client_with_every_setting_is_imported_as_it_is(world, make):
    inputs, state = make(
        **{name: value for name, value in {**SAMPLE.inputs, **SAMPLE.change}.items() if name != "clientId"}
    )
    imported = plain(world.lifecycle(CLIENT).read(state.id, {}, {}).inputs)
    defaults = catalogue()[CLIENT].spec.defaults()
    declared = {n: v for n, v in plain(inputs).items() if n != "secret" and v != defaults.get(n, ())}
    assert imported == declared


# -- resource servers ---------------------------------------------------------------------------------------


def test_a_resource_url_without_the_feature_is_an_error_that_names_it(make, raw):
    with pytest.raises(KeycloakError, match="resource-indicators") as caught:
        make(resourceUrl="https://mcp.example/mcp")
    assert "--features=resource-indicators" in str(caught.value)
    assert raw() is None
    _, state = make()
    with pytest.raises(KeycloakError, match="resource-indicators"):
        make(state, resourceUrl="https://mcp.example/mcp")


def test_a_server_that_does_not_even_know_that_kind_of_provider_lacks_the_feature_too(make, monkeypatch):
    monkeypatch.setattr(server_info, "_info", lambda _: {"providers": {"login-protocol": {"providers": {}}}})
    with pytest.raises(KeycloakError, match="Use a version that has the feature"):
        make(resourceUrl="https://mcp.example/mcp")


def test_a_resource_url_is_an_attribute_like_any_other_where_the_feature_is_on(world, make, raw, monkeypatch):
    """Against a Keycloak that only seems to have the feature."""
    monkeypatch.setattr(
        server_info,
        "_info",
        lambda _: {"providers": {"token-interceptor": {"providers": {"resource-indicators": {}}}}},
    )
    inputs, state = make(resourceUrl="https://mcp.example/mcp")
    assert raw()["attributes"]["resource_url"] == "https://mcp.example/mcp"
    _put(world, raw, attributes={"resource_url": "https://other.example"})
    assert [item.path for item in _differences(world, inputs, state)] == ["resourceUrl"]
    make(state)
    assert "resource_url" not in raw()["attributes"]


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"secret": SECRET}, "a public client has no secret"),
        ({"serviceAccounts": True}, "a public client has no service account"),
        ({"tokenExchange": True}, "a public client has no token exchange"),
        ({"clientAuthenticator": "client-jwt"}, "a public client proves nothing"),
        ({"access": "confidential", "clientAuthenticator": "client-jwt"}, "client-jwt needs jwksUrl"),
        (
            {
                "access": "confidential",
                "clientAuthenticator": "client-jwt",
                "jwksUrl": "https://a.example",
                "secret": SECRET,
            },
            "a key of its own has no secret",
        ),
        ({"clientAuthenticator": "client-x509"}, "clientAuthenticator"),
        ({"standardFlow": True}, "standardFlow needs redirectUris"),
        ({"implicitFlow": True}, "implicitFlow needs redirectUris"),
        ({"accessTokenSignatureAlgorithm": "none"}, "accessTokenSignatureAlgorithm"),
    ],
)
def test_what_does_not_go_together_is_refused_without_the_values(world, values, words):
    _, failures = world.lifecycle(CLIENT).check({}, {"realm": world.realm, "clientId": "x", **values})
    assert len(failures) == 1
    assert words in failures[0]
    assert SECRET not in failures[0]


def test_the_sample_changes_every_field_that_a_program_may_change():
    fields = catalogue()[CLIENT].spec.fields()
    changeable = {name for name, field in fields.items() if Mark.NATURAL_KEY not in field.marks}
    # A secret would be lost by a change of access; a resource URL needs a feature. Both are tried above.
    assert changeable - SAMPLE.change.keys() == {"access", "resourceUrl"}
