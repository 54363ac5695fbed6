"""Objects that a stack file declares by their type."""

from __future__ import annotations

import re

import pytest

from provision._lib.errors import UsageError
from provision.config.objects import DeclaredObject, further_name, further_realm, in_order
from provision.config.stack_config import read
from provision.stack.new_objects import refuse

_SCOPE = {"type": "ClientScope", "name": "mcp:tools"}
_MAPPER = {"type": "AudienceMapper", "scope": "mcp:tools", "name": "aud", "includedClientAudience": "server"}
_DEFAULT = {"type": "RealmClientScopeAssignment", "scope": "mcp:tools"}
_CLIENT = {"type": "Client", "clientId": "server", "access": "confidential", "serviceAccounts": True}
_ROLE = {"type": "ClientRole", "client": "server", "name": "reader"}
_WRITER = {"type": "RealmRole", "name": "writer", "clientComposites": {"server": ["reader"]}}
_HELD = {"type": "ServiceAccountRole", "client": "server", "role": "writer"}
_GROUP = {"type": "Group", "path": "/top/sub", "realmRoles": ["writer"]}
_TOP = {"type": "Group", "path": "/top"}


def _ordered(*items):
    return in_order(tuple(DeclaredObject.model_validate(item) for item in items), "mcp")


def test_each_object_comes_after_those_that_its_fields_name():
    order = list(_ordered(_GROUP, _HELD, _WRITER, _ROLE, _MAPPER, _CLIENT, _DEFAULT, _SCOPE, _TOP))
    for first, second in (
        ("ClientScope/mcp:tools", "RealmClientScopeAssignment/mcp:tools"),
        ("ClientScope/mcp:tools", "AudienceMapper/mcp:tools//aud"),
        ("Client/server", "AudienceMapper/mcp:tools//aud"),
        ("RealmClientScopeAssignment/mcp:tools", "Client/server"),
        ("Client/server", "ClientRole/server/reader"),
        ("ClientRole/server/reader", "RealmRole/writer"),
        ("RealmRole/writer", "ServiceAccountRole/server//writer"),
        ("RealmRole/writer", "Group//top/sub"),
        ("Group//top", "Group//top/sub"),
    ):
        assert order.index(first) < order.index(second), (first, second)


def test_roles_that_hold_each_other_are_placed_all_the_same():
    one = {"type": "RealmRole", "name": "one", "realmComposites": ["two"]}
    two = {"type": "RealmRole", "name": "two", "realmComposites": ["one"]}
    assert list(_ordered(one, two)) == ["RealmRole/two", "RealmRole/one"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"type": "ClientScopes", "name": "a"}, "objects[0]: there is no type 'ClientScopes'"),
        ({**_SCOPE, "consent": "x"}, "objects[0]: consent: unknown key; did you mean 'consentText'?"),
        ({"type": "ClientScope"}, "objects[0]: name: must be given"),
        (
            {**_SCOPE, "realm": "other"},
            "objects[0]: realm is given by the realm in which the object is declared",
        ),
        ({**_CLIENT, "secret": "s3cret-value"}, "objects[0]: secret is a secret"),
        ({"type": "Realm", "name": "mcp"}, "the realm is declared by the key realm"),
        ({"name": "a"}, "objects[0].type: must be given"),
    ],
)
def test_a_wrong_object_is_named_before_anything_starts(item, message):
    with pytest.raises(UsageError) as caught:
        read({"objects": [item]}, source="f")
    assert message in caught.value.what
    assert "s3cret-value" not in str(caught.value)


def test_two_entries_for_one_object_are_refused():
    with pytest.raises(UsageError, match="ClientScope/mcp:tools is declared twice"):
        read({"objects": [_SCOPE, {**_SCOPE, "description": "again"}]}, source="f")


def test_a_stack_of_objects_only_declares_its_realm_among_them():
    with pytest.raises(UsageError, match="the realm is declared by one of objects"):
        read({"mcp": False, "objects": [_SCOPE]}, source="f")
    with pytest.raises(UsageError, match="differ"):
        read({"mcp": False, "objects": [{"type": "Realm", "name": "other"}]}, source="f")


def _with_realms(*lists, **more):
    return read({"realms": [{"objects": entries} for entries in lists], **more}, source="x")


def test_further_realms_have_names_of_their_own_in_the_stack():
    config = _with_realms(
        [{"type": "Realm", "name": "staff"}, _CLIENT], [{"type": "Realm", "name": "Client"}, _CLIENT]
    )
    assert [realm.name for realm in config.realms] == ["staff", "Client"]
    assert further_name("staff") == "realms/staff"
    assert further_name("Client", "Client/server") == "realms/Client/Client/server"
    for realm, name in (("staff", ""), ("Client", "Client/server"), ("a.b", "Group//top/sub")):
        assert further_realm(further_name(realm, name)) == (realm, name)
    for name in ("Client/realms/x", "realm", "mcp-client"):
        assert further_realm(name) == ("", "")


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[_CLIENT]], "realms[0]: objects declares the realm itself by one entry of the type Realm"),
        (
            [[{"type": "Realm", "name": "a"}, {"type": "Realm", "name": "b"}]],
            "by one entry of the type Realm",
        ),
        ([[{"type": "Realm", "name": "mcp"}]], "the name of a realm mcp is given twice"),
        (
            [[{"type": "Realm", "name": "a"}], [{"type": "Realm", "name": "a"}]],
            "the name of a realm a is given twice",
        ),
        ([[{"type": "Realm", "name": "a"}, _CLIENT, _CLIENT]], "objects[2]: "),
        (
            [[{"type": "Realm", "name": "a"}, {**_CLIENT, "realm": "b"}]],
            "realm is given by the realm in which the object is declared",
        ),
    ],
)
def test_a_wrong_further_realm_is_refused_with_its_place(lists, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        _with_realms(*lists)


def test_a_secret_in_clear_in_a_further_realm_is_refused():
    with pytest.raises(UsageError, match="does not belong in clear"):
        _with_realms([{"type": "Realm", "name": "a"}, {**_CLIENT, "secret": "x" * 32}])


def test_new_objects_of_a_further_realm_that_keycloak_would_refuse_are_refused():
    ring = [
        {"type": "RealmRole", "name": "a", "realmComposites": ["b"]},
        {"type": "RealmRole", "name": "b", "realmComposites": ["a"]},
    ]
    config = _with_realms([{"type": "Realm", "name": "staff"}, *ring])
    with pytest.raises(UsageError, match="Keycloak can't make"):
        refuse(config, list)
    made = [
        {"urn": f"urn:pulumi:dev::shop::provision:keycloak:RealmRole::realms/staff/RealmRole/{name}"}
        for name in "ab"
    ]
    refuse(config, lambda: made)
    adopted = _with_realms([{"type": "Realm", "name": "staff", "adopt": True}, *ring])
    refuse(adopted, list)
