"""A preview knows some inputs only after the apply: no check judges by what is not known yet, and every other check does."""

from __future__ import annotations

import ast
import inspect
from itertools import combinations
from pathlib import Path

import pytest

from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.core.spec import Model, Spec
from provision.keycloak.bases.protocol_mapper import ProtocolMapper
from provision.keycloak.objects.identity_provider_mapper import IdentityProviderMapper
from provision.provider.lifecycle import Lifecycle
from provision.provider.wire import UNKNOWN
from tests.support.samples import SAMPLES
from tests.support.syntax import parsed

_REALM = {"realm": "mcp"}
_CLIENT = {**_REALM, "clientId": "c"}
_SIGNING = {**_CLIENT, "access": "confidential", "clientAuthenticator": "client-jwt"}
_KEY = {**_REALM, "name": "k"}
_IMPORTER = {**_REALM, "identityProvider": "corp", "name": "m"}
_DEEDS = IdentityProviderMapper.fields_of_deeds()
_MAPPER = {**_REALM, "scope": "s", "name": "m"}
_PROVIDER = {
    **_REALM,
    "alias": "corp",
    "authorizationUrl": "https://i/a",
    "tokenUrl": "https://i/t",
    "clientId": "x",
}
_TWO_DEEDS = {"hardcodedRole": {"role": "r"}, "claimToRole": {"claim": "c", "claimValue": "v", "role": "r"}}
_MAIL = {**_REALM, "host": "mail.example.org", "fromAddress": "a@example.org"}
_TOKEN = {
    "authType": "token",
    "user": "u",
    "authTokenUrl": "https://i/t",
    "authTokenScope": "s",
    "authTokenClientId": "c",
}
_LDAP = {
    **_REALM,
    "name": "corp",
    "connectionUrl": "ldap://ldap.example.org",
    "usersDn": "ou=p",
    "bindDn": "cn=k",
}
_ACROSS = [
    (
        "TrustedHostsPolicy",
        {**_REALM, "hostSendingRegistrationRequestMustMatch": False, "clientUrisMustMatch": False},
        "hostSendingRegistrationRequestMustMatch clientUrisMustMatch",
    ),
    (
        "Client",
        {**_CLIENT, "clientId": "c" * 240, "access": "confidential", "serviceAccounts": True},
        "access serviceAccounts clientId",
    ),
    ("AudienceMapper", {**_MAPPER, "client": "c", "includedCustomAudience": "https://a/mcp"}, "scope client"),
    (
        "AudienceMapper",
        {**_MAPPER, "includedCustomAudience": "https://a/mcp", "includedClientAudience": "server"},
        "includedCustomAudience includedClientAudience",
    ),
    ("Client", {**_CLIENT, "secret": "some-long-secret"}, "access secret"),
    ("Client", {**_CLIENT, "clientAuthenticator": "client-jwt"}, "access clientAuthenticator"),
    ("Client", {**_SIGNING, "secret": "some-long-secret"}, "clientAuthenticator secret"),
    ("Client", _SIGNING, "clientAuthenticator secret jwksUrl"),
    ("Client", {**_CLIENT, "standardFlow": True}, "standardFlow implicitFlow redirectUris"),
    ("IdentityProvider", {**_PROVIDER, "validateSignature": True}, "validateSignature jwksUrl"),
    ("IdentityProviderMapper", {**_IMPORTER, **_TWO_DEEDS}, " ".join(_DEEDS)),
    ("IdentityProviderMapper", _IMPORTER, " ".join(_DEEDS)),
    ("MailServer", {**_MAIL, "authType": "password"}, "authType user"),
    *(
        ("MailServer", {**_MAIL, **_TOKEN, name: ""}, f"authType {name}")
        for name in ("user", "authTokenUrl", "authTokenScope", "authTokenClientId")
    ),
    *(
        ("MailServer", {**_MAIL, name: "https://x"}, f"authType {name}")
        for name in ("password", "authTokenClientSecret", *sorted(_TOKEN.keys() - {"authType"}))
    ),
    ("LdapUserFederation", {**_LDAP, "bindDn": ""}, "authType bindDn"),
    ("LdapUserFederation", {**_LDAP, "authType": "none", "bindCredential": "p"}, "authType bindCredential"),
    (
        "LdapUserFederation",
        {**_LDAP, "startTls": True, "connectionPooling": False, "connectionUrl": "ldaps://l"},
        "startTls connectionUrl",
    ),
    (
        "LdapUserFederation",
        {**_LDAP, "startTls": True, "connectionPooling": True},
        "startTls connectionPooling",
    ),
    ("LdapUserFederation", {**_LDAP, "vendor": "ad", "uuidAttribute": "entryUUID"}, "vendor uuidAttribute"),
    ("LdapUserFederation", {**_LDAP, "syncRegistrations": True}, "syncRegistrations editMode"),
    (
        "LdapUserFederation",
        {**_LDAP, "editMode": "UNSYNCED", "importUsers": False},
        "editMode importUsers",
    ),
    (
        "Organization",
        {**_REALM, "alias": "a", "name": "A", "domains": ["a.example"], "verifiedDomains": ["b.example"]},
        "domains verifiedDomains",
    ),
    ("Realm", {"name": "r", "duplicateEmailsAllowed": True}, "duplicateEmailsAllowed loginWithEmailAllowed"),
    (
        "Realm",
        {
            "name": "r",
            "duplicateEmailsAllowed": True,
            "loginWithEmailAllowed": False,
            "registrationEmailAsUsername": True,
        },
        "duplicateEmailsAllowed loginWithEmailAllowed registrationEmailAsUsername",
    ),
    ("RoleScopeMapping", {**_REALM, "role": "r"}, "scope client"),
    ("RoleScopeMapping", {**_REALM, "role": "r", "scope": "s", "client": "c"}, "scope client"),
    (
        "RealmClientScopes",
        {**_REALM, "defaultScopes": ["a"], "optionalScopes": ["a"]},
        "defaultScopes optionalScopes",
    ),
    ("RealmKey", {**_KEY, "provider": "ecdsa-generated", "keySize": 2048}, "provider algorithm keySize"),
    ("RealmKey", {**_KEY, "provider": "rsa-generated", "curve": "P-256"}, "provider algorithm keySize curve"),
    (
        "AuthenticationFlow",
        {**_REALM, "alias": "a", "executions": [{"subFlow": "a", "requirement": "REQUIRED"}]},
        "alias executions",
    ),
    (
        "AuthenticationFlow",
        {**_REALM, "alias": "a", "configSecrets": {"x/key": "hidden"}},
        "executions configSecrets",
    ),
]
"""Kinds, values that don't go together, and the fields that the check reads until it knows."""
_WRONG = [
    pytest.param(f"provision:keycloak:{kind}", wrong, {*read.split()}, id=f"{kind}-{number}")
    for number, (kind, wrong, read) in enumerate(_ACROSS)
]


def _lifecycle(kind):
    return Lifecycle(catalogue()[kind], Context(log=print))


def _good(kind):
    sample = SAMPLES[kind].inputs
    spec = catalogue()[kind].spec
    return {**({"realm": "mcp"} if "realm" in spec.fields() else {}), **sample}


def _refusals(kind, inputs):
    _, failures = _lifecycle(kind).check({}, inputs)
    return failures


@pytest.mark.parametrize("kind", SAMPLES, ids=[kind.rpartition(":")[2] for kind in SAMPLES])
def test_an_object_passes_while_any_one_of_its_fields_is_not_known_yet(kind):
    good, lifecycle = _good(kind), _lifecycle(kind)
    for wire in catalogue()[kind].spec.fields():
        checked, failures = lifecycle.check({}, {**good, wire: UNKNOWN})
        assert failures == [], wire
        assert checked[wire] is UNKNOWN
        assert {name for name in good if name != wire} <= checked.keys()


@pytest.mark.parametrize(("kind", "wrong", "read"), _WRONG)
def test_an_object_passes_while_any_two_fields_of_a_check_are_not_known_yet(kind, wrong, read):
    good = _good(kind)
    for first, second in combinations(sorted(read), 2):
        assert _refusals(kind, {**good, first: UNKNOWN, second: UNKNOWN}) == [], (first, second)


@pytest.mark.parametrize(("kind", "wrong", "read"), _WRONG)
def test_a_wrong_combination_is_refused_beside_any_other_field_that_is_not_known_yet(kind, wrong, read):
    [reason] = _refusals(kind, wrong)
    for wire in catalogue()[kind].spec.fields().keys() - read:
        assert _refusals(kind, {**wrong, wire: UNKNOWN}) == [reason], wire


@pytest.mark.parametrize(("kind", "wrong", "read"), _WRONG)
def test_a_wrong_combination_passes_while_what_it_consists_of_is_not_known_yet(kind, wrong, read):
    assert _refusals(kind, {**wrong, **dict.fromkeys(read, UNKNOWN)}) == []


def test_an_input_of_no_field_is_refused_even_if_its_value_is_not_known_yet():
    [failure] = _refusals("provision:keycloak:ClientScope", {"realm": "r", "name": "s", "nane": UNKNOWN})
    assert failure == "nane: unknown key; did you mean 'name'?"


def test_every_kind_with_checks_across_fields_is_tried_with_values_that_do_not_go_together():
    of_all = Spec.__pydantic_decorators__.model_validators.keys()
    kinds = {
        kind
        for kind, handler in catalogue().items()
        if handler.spec.__pydantic_decorators__.model_validators.keys() - of_all
    }
    mappers = {kind for kind in kinds if issubclass(catalogue()[kind].spec, ProtocolMapper)}
    documents = {
        "provision:keycloak:ClientPolicy",
        "provision:keycloak:ClientProfile",
    }  # test_client_policies.py
    assert kinds - mappers - documents <= {param.values[0] for param in _WRONG}


def test_no_spec_checks_its_fields_in_a_way_that_would_judge_by_what_is_not_known_yet():
    classes = {
        cls for handler in catalogue().values() for cls in handler.spec.mro() if issubclass(cls, Model)
    }
    for path in {inspect.getfile(cls) for cls in classes}:
        named = {node.id for node in ast.walk(parsed(Path(path).read_text())) if isinstance(node, ast.Name)}
        assert "model_validator" not in named, path
