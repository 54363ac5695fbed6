"""Objects that a stack file declares by their type."""

from __future__ import annotations

import pytest

from provision._lib.errors import UsageError
from provision.config.objects import DeclaredObject, in_order
from provision.config.stack_config import read

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
        ({**_SCOPE, "realm": "other"}, "objects[0]: realm is given by realm.name"),
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
