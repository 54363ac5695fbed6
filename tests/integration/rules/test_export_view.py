"""An export is looked at as the live realm is: the same objects with the same values."""

from __future__ import annotations

import json

import pytest

from provision.keycloak.api.transport import Request
from provision.rules.model import Inconclusive
from provision.rules.sources import export, live

BY_CERTIFICATE = {"ageDays", "keySize"}
"""What the certificate of a key tells, which a partial export leaves out where Keycloak made the key."""

OF_ACCOUNTS = {"serviceAccounts"}
"""What an export tells of every group, and a live realm only of those that administer."""


def is_generated_key(resource):
    return resource.kind == "RealmKey" and resource.get("provider").endswith("-generated")


def exported(session, realm):
    query = {"exportClients": "true", "exportGroupsAndRoles": "true"}
    answer = session._transport.call(Request("post", f"admin/realms/{realm}/partial-export", query))
    assert answer.status_code == 200
    return answer.json()


def test_a_partial_export_shows_what_the_realm_shows(session, populated_world, tmp_path):
    file = tmp_path / "export.json"
    file.write_text(json.dumps(exported(session, populated_world.realm)))
    from_file = export.snapshot(file, "prod")
    from_realm = live.snapshot(session, populated_world.realm, "prod")
    left_out = {*from_file.unseen, *from_realm.unseen, "KeycloakServer", "ServiceAccountRole"}
    assert {*from_file.unseen} - {*from_realm.unseen} == {"InitialAccessToken"}

    def shown(snapshot):
        return {
            (resource.kind, resource.name): {
                name: value
                for name, value in resource.properties.items()
                if name not in OF_ACCOUNTS and not (is_generated_key(resource) and name in BY_CERTIFICATE)
            }
            for resource in snapshot.resources
            if resource.kind not in left_out
        }

    assert shown(from_file) == shown(from_realm)
    for key in filter(is_generated_key, from_file.resources):
        with pytest.raises(Inconclusive, match="no certificate of it is told"):
            key.get("ageDays")
    roles = {resource.name for resource in from_realm.of_kind("ServiceAccountRole")}
    assert roles
    assert roles <= {resource.name for resource in from_file.of_kind("ServiceAccountRole")}
