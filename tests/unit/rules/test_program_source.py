"""What rules see of a program: what it declares, laid over what Keycloak makes in a new realm."""

from __future__ import annotations

import pytest

from provision.keycloak.builtin import HARMLESS_MAPPERS
from provision.rules.definition import RuleContext
from provision.rules.model import MASKED, UNKNOWN, Inconclusive
from provision.rules.sources.keycloak_defaults import factory
from provision.rules.sources.program import snapshot
from provision.rules.sources.resource_input import ResourceInput


def seen(*declared, adopt=False):
    """A program's objects in a realm that it makes, or takes over."""
    realm = ResourceInput("provision:keycloak:Realm", "realm", {"name": "r", "adopt": adopt})
    resources = [
        ResourceInput(f"provision:keycloak:{kind}", f"the {kind}", {"realm": "r", **properties})
        for kind, properties in declared
    ]
    return snapshot([realm, *resources], "dev")


def only(found, kind, **equal):
    (resource,) = [
        resource
        for resource in found.resources
        if resource.kind == kind and all(resource.peek(name) == value for name, value in equal.items())
    ]
    return resource


def members(found, kind):
    return {
        resource.peek("scope")
        for resource in found.resources
        if resource.kind == "RealmClientScopeAssignment" and resource.peek("kind") == kind
    }


def test_a_new_realm_has_what_keycloak_makes():
    found = seen()
    assert found.complete
    assert {resource.name for resource in factory("r")} <= {resource.name for resource in found.resources}
    assert only(found, "TrustedHostsPolicy").get("trustedHosts") == []
    assert only(found, "MaxClientsPolicy").get("maxClients") == 200


def test_a_realm_of_others_has_nothing_for_certain():
    found = seen(adopt=True)
    assert not found.complete
    assert [resource.kind for resource in found.resources] == ["Realm"]


def test_a_declared_policy_takes_the_place_of_keycloaks_and_keeps_what_it_does_not_name():
    found = seen(("AllowedProtocolMappersPolicy", {}), ("MaxClientsPolicy", {"maxClients": 20}))
    mappers = only(found, "AllowedProtocolMappersPolicy", registration="anonymous")
    assert mappers.name == "the AllowedProtocolMappersPolicy"
    assert mappers.get("allowedProtocolMapperTypes") == HARMLESS_MAPPERS
    assert only(found, "MaxClientsPolicy").get("maxClients") == 20
    assert only(found, "AllowedProtocolMappersPolicy", registration="authenticated").name.endswith("makes it")


def test_one_for_authenticated_registration_leaves_the_anonymous_one_as_it_is():
    found = seen(("TrustedHostsPolicy", {"registration": "authenticated", "trustedHosts": ["x"]}))
    assert only(found, "TrustedHostsPolicy", registration="anonymous").get("trustedHosts") == []


def test_whole_lists_of_scopes_replace_those_of_keycloak():
    lists = {"defaultScopes": ["basic", "mcp:tools"], "optionalScopes": []}
    found = seen(("RealmClientScopes", lists))
    assert members(found, "default") == {"basic", "mcp:tools"}
    assert members(found, "optional") == set()
    member = only(found, "RealmClientScopeAssignment", scope="mcp:tools")
    assert member.path("scope") == "defaultScopes"


def test_lists_of_scopes_that_are_not_known_yet_are_not_taken_for_keycloaks():
    found = seen(("RealmClientScopes", {"defaultScopes": UNKNOWN, "optionalScopes": []}))
    with pytest.raises(Inconclusive):
        only(found, "RealmClientScopeAssignment").get("scope")


def test_a_declared_default_scope_comes_besides_those_of_keycloak():
    found = seen(("RealmClientScopeAssignment", {"scope": "mcp:tools", "kind": "default"}))
    assert {"mcp:tools", "basic", "roles"} <= members(found, "default")


def test_what_is_not_told_of_keycloaks_own_scope_is_not_guessed():
    scope = only(seen(("ClientScope", {"name": "profile"})), "ClientScope", name="profile")
    assert scope.name == "the ClientScope"
    assert scope.get("inTokenScope") is True
    with pytest.raises(Inconclusive):
        scope.get("consentText")


def test_the_key_of_an_object_is_known_in_a_realm_of_others_too():
    found = seen(("TrustedHostsPolicy", {}), adopt=True)
    policy = only(found, "TrustedHostsPolicy")
    assert policy.get("registration") == "anonymous"
    with pytest.raises(Inconclusive):
        policy.get("trustedHosts")


def test_a_policy_by_keycloaks_id_is_the_policy_of_that_type():
    config = {"client-uris-must-match": ["false"], "trusted-hosts": ["a", "b"], "of-an-extension": ["x"]}
    found = seen(("GenericRegistrationPolicy", {"providerId": "trusted-hosts", "config": config}))
    policy = only(found, "TrustedHostsPolicy")
    assert policy.get("clientUrisMustMatch") is False
    assert policy.get("trustedHosts") == ["a", "b"]
    assert policy.get("hostSendingRegistrationRequestMustMatch") is True
    assert policy.path("clientUrisMustMatch") == "config"


@pytest.mark.parametrize("hidden", [UNKNOWN, MASKED])
@pytest.mark.parametrize("inside", [True, False])
def test_a_hidden_setting_of_such_a_policy_stays_hidden(hidden, inside):
    config = {"client-uris-must-match": [hidden]} if inside else hidden
    found = seen(("GenericRegistrationPolicy", {"providerId": "trusted-hosts", "config": config}))
    policy = only(found, "TrustedHostsPolicy")
    assert policy.get("registration") == "anonymous"
    with pytest.raises(Inconclusive):
        policy.get("clientUrisMustMatch")


def test_a_mapper_by_keycloaks_id_is_the_mapper_of_that_type():
    config = {"included.custom.audience": "api", "access.token.claim": "true"}
    properties = {"scope": "x", "name": "m", "providerId": "oidc-audience-mapper", "config": config}
    mapper = only(seen(("GenericProtocolMapper", properties)), "AudienceMapper")
    assert mapper.get("includedCustomAudience") == "api"
    assert mapper.get("addToAccessToken") is True
    assert mapper.get("scope") == "x"


def test_a_type_of_an_extension_or_one_that_is_not_known_yet_stays_what_it_is():
    found = seen(
        ("GenericRegistrationPolicy", {"providerId": "of-an-extension"}),
        ("GenericProtocolMapper", {"scope": "x", "name": "m", "providerId": UNKNOWN}),
    )
    assert only(found, "GenericRegistrationPolicy")
    assert only(found, "GenericProtocolMapper")


def test_a_rule_can_not_tell_what_a_realm_of_others_lacks():
    class Asking:
        id, on, beside = "asking", (), ("MaxClientsPolicy",)

    assert RuleContext(seen(), Asking, {}).none_of("MaxClientsPolicy", realm="other")
    with pytest.raises(Inconclusive):
        RuleContext(seen(adopt=True), Asking, {}).none_of("MaxClientsPolicy")


def test_a_program_without_a_realm_does_not_tell_what_is_in_one():
    assert not snapshot([], "dev").complete


def test_values_inside_values_have_their_wire_names():
    document = {"trusted_domains": ["*"], "allowHttpScheme": UNKNOWN}
    executors = [{"executor": "x", "configuration": {"a_key_of_keycloaks": 1}}]
    profile = {"name": "p", "clientIdMetadataDocument": document, "executors": executors}
    found = only(seen(("ClientProfile", profile)), "ClientProfile")
    assert found.get("clientIdMetadataDocument.trustedDomains") == ["*"]
    assert found.get("executors") == executors
    with pytest.raises(Inconclusive):
        found.get("clientIdMetadataDocument.allowHttpScheme")
