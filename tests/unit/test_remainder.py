"""What a realm holds beyond the objects of a stack file, from an export alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from provision.keycloak import factory_realm
from provision.keycloak.realm_listing import RealmListing
from provision.keycloak.remainder import remainder

_REALM = "acme"


class Recorded:
    """A stand-in for the Admin API that answers with what a fresh realm has."""

    def get(self, realm: str, *path: str, **_: str) -> Any:
        record = factory_realm.factory(realm, f"default-roles-{realm}")
        return record["profile"] if path == ("users", "profile") else record["realm"]


@pytest.fixture
def fresh() -> dict[str, Any]:
    return copy.deepcopy(factory_realm.factory(_REALM, f"default-roles-{_REALM}")["realm"])


def named(exported: dict[str, Any]) -> list[str]:
    return remainder(RealmListing(Recorded(), _REALM), exported, ())  # type: ignore[arg-type]


def test_a_fresh_realm_has_nothing_to_name(fresh):
    assert named(fresh) == []


def test_what_no_kind_knows_is_named_without_a_list(fresh):
    fresh["workflows"] = [{"name": "leave"}]
    fresh["brandNewSetting"] = 7
    assert named(fresh) == ["workflow leave", "settings of the realm: brandNewSetting"]


def test_a_change_of_a_client_that_keycloak_made_is_named_with_its_path(fresh):
    console = next(item for item in fresh["clients"] if item["clientId"] == "account-console")
    console["redirectUris"] = ["*"]
    assert named(fresh) == ["client account-console, which Keycloak made: redirectUris"]


def test_what_was_added_to_the_default_role_is_named(fresh):
    role = next(item for item in fresh["roles"]["realm"] if item["name"] == f"default-roles-{_REALM}")
    role["composites"]["realm"].append("staff")
    assert named(fresh) == [f"realm role default-roles-{_REALM}: changed"]


def test_a_changed_flow_and_a_required_action_that_is_gone_are_named(fresh):
    flow = next(item for item in fresh["authenticationFlows"] if item["alias"] == "browser")
    flow["authenticationExecutions"][0]["requirement"] = "DISABLED"
    fresh["requiredActions"] = [
        item for item in fresh["requiredActions"] if item["alias"] != "UPDATE_PASSWORD"
    ]
    assert named(fresh) == [
        "authentication flow browser: changed",
        "not here, but in a new realm: required action UPDATE_PASSWORD",
    ]


def test_roles_in_the_scope_of_a_client_and_default_groups_are_named(fresh):
    fresh["clientScopeMappings"]["app"] = [{"client": "narrow", "roles": ["read"]}]
    fresh["defaultGroups"] = ["/everyone"]
    fresh["scopeMappings"] = []
    assert named(fresh) == [
        "settings of the realm: defaultGroups",
        "role read of the client app in the scope of the client narrow",
        "not here, but in a new realm: role offline_access in the scope of the client scope offline_access",
    ]


def test_components_without_a_kind_and_imported_keys_are_named(fresh):
    fresh["components"] = {
        "org.keycloak.storage.UserStorageProvider": [{"name": "corp", "providerId": "ldap"}],
        factory_realm.KEYS: [
            {"name": "rsa-generated", "providerId": "rsa-generated"},
            {"name": "fallback-RS512", "providerId": "rsa-generated"},
            {"name": "of 2019", "providerId": "rsa"},
        ],
    }
    assert named(fresh) == ["key of 2019 (rsa)", "user storage provider corp (ldap)"]


def test_the_record_holds_no_secret_and_no_id(fresh):
    record = factory_realm.recorded()
    assert "secret" not in record["new"]["Client"]
    assert factory_realm.without_ids(record) == record
