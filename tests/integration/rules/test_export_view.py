"""An export is looked at as the live realm is: the same objects with the same values."""

from __future__ import annotations

import json

import pytest

from provision.keycloak.transport import Request
from provision.rules import export, live
from tests.support.samples import SAMPLES
from tests.support.world import World, lacks


@pytest.fixture(scope="module")
def world(session):
    """A realm with one object of each kind."""
    world = World(session)
    for token, sample in SAMPLES.items():
        if not token.startswith("provision:keycloak:") or token.endswith(":Realm") or lacks(session, token):
            continue
        for needed, values in (*sample.needs, (token, sample.inputs)):
            world.add(needed, values)
    yield world
    session.delete(world.realm)


def exported(session, realm):
    query = {"exportClients": "true", "exportGroupsAndRoles": "true"}
    answer = session._transport.call(Request("post", f"admin/realms/{realm}/partial-export", query))
    assert answer.status_code == 200
    return answer.json()


def test_a_partial_export_shows_what_the_realm_shows(session, world, tmp_path):
    file = tmp_path / "export.json"
    file.write_text(json.dumps(exported(session, world.realm)))
    from_file = export.landscape(file, "prod")
    from_realm = live.landscape(session, world.realm, "prod")
    left_out = {*from_file.unseen, *from_realm.unseen, "KeycloakServer", "ServiceAccountRole"}
    assert {*from_file.unseen} - {*from_realm.unseen} == {"InitialAccessToken"}

    def shown(landscape):
        return {
            (thing.kind, thing.name): dict(thing.properties)
            for thing in landscape.things
            if thing.kind not in left_out
        }

    assert shown(from_file) == shown(from_realm)
    roles = {thing.name for thing in from_realm.of_kind("ServiceAccountRole")}
    assert roles
    assert roles <= {thing.name for thing in from_file.of_kind("ServiceAccountRole")}
