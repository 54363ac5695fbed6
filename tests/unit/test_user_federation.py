"""LDAP user federations and their mappers, without a Keycloak."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from provision.core.handler import Context
from provision.core.registry import catalogue
from provision.keycloak import builtin, factory_realm
from provision.keycloak.realm_listing import RealmListing
from provision.keycloak.remainder import Said, remainder

_REALM = "acme"
FEDERATION = catalogue()["provision:keycloak:LdapUserFederation"]
MAPPER = catalogue()["provision:keycloak:LdapMapper"]
DIRECTORIES = "org.keycloak.storage.UserStorageProvider"
MAPPERS = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper"
GIVEN = {
    "realm": _REALM,
    "name": "corp",
    "connectionUrl": "ldaps://ldap.example.org",
    "bindDn": "cn=keycloak",
    "usersDn": "ou=people",
}
CONFIG = {
    "vendor": ["other"],
    "connectionUrl": ["ldaps://ldap.example.org"],
    "authType": ["none"],
    "editMode": ["READ_ONLY"],
    "usersDn": ["ou=people"],
    "usernameLDAPAttribute": ["uid"],
    "rdnLDAPAttribute": ["uid"],
    "uuidLDAPAttribute": ["entryUUID"],
    "userObjectClasses": ["organizationalPerson,  inetOrgPerson"],
    "krbPrincipalAttribute": ["krb5PrincipalName"],
    "lastSync": ["1700000000"],
}


class Recorded:
    """A stand-in for the Admin API with one LDAP federation and its mappers."""

    def __init__(self, mappers: dict[str, dict[str, Any]]) -> None:
        self.directory = {
            "id": "d1",
            "name": "corp",
            "providerId": "ldap",
            "providerType": DIRECTORIES,
            "config": CONFIG,
        }
        self.mappers = [
            {"id": name, "name": name, "parentId": "d1", "providerType": MAPPERS, **made}
            for name, made in mappers.items()
        ]

    def get(self, realm: str, *path: str, **query: str) -> Any:
        if path == ("components",):
            return self.mappers if query["parent"] == "d1" else [self.directory]
        record = factory_realm.factory(realm, f"default-roles-{realm}")
        return record["profile"] if path == ("users", "profile") else record["realm"]

    def realm_id(self, realm: str) -> str:
        return realm


def handler(kind):
    return kind(Context(log=lambda _line: None))


def found_mappers(mappers, *, factory=False):
    listing = RealmListing(Recorded(mappers), _REALM, factory=factory)
    return [(key.federation, key.name) for key in handler(MAPPER).discover(listing)]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"bindDn": ""}, "authType simple needs bindDn"),
        ({"authType": "none", "bindDn": "", "bindCredential": "x"}, "authType none uses no bindCredential"),
        ({"startTls": True}, "startTls is for ldap://"),
        (
            {"connectionUrl": "ldap://a", "startTls": True, "connectionPooling": True},
            "startTls does not go with connectionPooling",
        ),
        ({"vendor": "ad"}, "set uuidAttribute to objectGUID"),
        ({"syncRegistrations": True}, "syncRegistrations needs editMode WRITABLE"),
        ({"validatePasswordPolicy": True}, "validatePasswordPolicy needs editMode WRITABLE"),
        ({"editMode": "UNSYNCED", "importUsers": False}, "needs importUsers"),
        ({"connectionUrl": "https://a"}, "must be ldap:// or ldaps:// addresses"),
        ({"userFilter": "mail=*"}, "must be in brackets"),
        ({"userObjectClasses": ["person, top"]}, "a class is one word"),
        ({"config": {"bindCredential": ["x"]}}, "bindCredential has a field of its own"),
        ({"config": {"searchScope": ["2"]}}, "searchScope has a field of its own"),
        ({"config": {"lastSync": ["1"]}}, "lastSync is Keycloak's own note"),
        ({"config": {"debug": [" "]}}, "a blank value would take the whole setting away"),
    ],
)
def test_a_federation_that_keycloak_would_refuse_or_spoil_is_refused_with_the_reason(more, reason):
    with pytest.raises(ValidationError, match=reason):
        FEDERATION.spec.model_validate({**GIVEN, **more})


def test_the_password_is_a_secret_that_is_never_read_back():
    fields = FEDERATION.spec.fields()
    assert fields["bindCredential"].secret
    read = handler(FEDERATION).from_json(
        FEDERATION.spec.model_construct(realm=_REALM, name="corp"),
        {"config": {"bindCredential": ["**********"]}},
    )
    assert read["bind_credential"] is None
    assert "bindCredential" not in read["config"]


def test_what_keycloak_notes_by_itself_is_no_setting_of_anybody():
    key = FEDERATION.spec.model_construct(realm=_REALM, name="corp")
    assert handler(FEDERATION).from_json(key, {"config": CONFIG})["config"] == {}
    with_kerberos = CONFIG | {"allowKerberosAuthentication": ["true"]}
    assert handler(FEDERATION).from_json(key, {"config": with_kerberos})["config"] == {
        "allowKerberosAuthentication": ("true",),
        "krbPrincipalAttribute": ("krb5PrincipalName",),
    }


def test_the_mappers_that_keycloak_makes_are_told_from_those_of_people():
    usual = builtin.ldap_mappers(CONFIG)
    assert found_mappers(usual) == []
    changed = usual | {"first name": usual["last name"], "department": usual["email"]}
    assert found_mappers(changed) == [("corp", "first name"), ("corp", "department")]
    assert len(found_mappers(usual, factory=True)) == len(usual)


def test_a_federation_in_the_file_is_not_named_as_left_out():
    recorded = Recorded({})
    exported = factory_realm.factory(_REALM, f"default-roles-{_REALM}")["realm"]
    exported["components"] = {
        DIRECTORIES: [recorded.directory, recorded.directory | {"name": "kerberos", "providerId": "kerberos"}]
    }

    reads = handler(FEDERATION)
    reads.look_up = lambda _key: recorded.directory
    reads.parent_of = lambda spec: spec.realm
    found = reads.find(FEDERATION.spec.model_construct(realm=_REALM, name="corp"))
    listing = RealmListing(recorded, _REALM)
    assert remainder(listing, exported, [Said(reads, found)]) == ["user storage provider kerberos (kerberos)"]


def test_an_empty_setting_of_a_mapper_is_sent_as_one_to_take_away():
    spec = MAPPER.spec.model_validate(
        {
            "realm": _REALM,
            "federation": "corp",
            "name": "email",
            "providerId": "user-attribute-ldap-mapper",
            "config": {"read.only": "", "ldap.attribute": "mail"},
        }
    )
    raw = {"providerId": spec.provider_id, "config": {"read.only": ["true"], "kept": ["yes"]}}
    body = handler(MAPPER).to_json(spec, raw, {"config"})
    assert body["config"] == {"read.only": [], "kept": ["yes"], "ldap.attribute": ["mail"]}
