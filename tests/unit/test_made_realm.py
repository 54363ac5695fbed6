"""One of Keycloak's own objects stays guarded by the record of the realm when a program declares a part of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from provision.core.record import BESIDES, packed
from provision.core.spec import ADOPTED_FROM
from provision.keycloak import realm_document as document
from provision.provider import made_realm
from provision.provider.made_realm import compare, held, in_record_of_the_realm

_OWN = {"directAccessGrantsEnabled": True, "publicClient": True, "rootUrl": "", "attributes": {}}
_RECORD = {document.REALM: {}, document.CLIENTS: {"admin-cli": _OWN}, document.VERSION: "26"}


def state(**inputs):
    """What a state holds of a realm that the stack made and of its closed client."""
    realm = {"type": "provision:keycloak:Realm", "id": "mcp", "urn": "realm", "inputs": {"name": "mcp"}}
    client = {"type": "provision:keycloak:Client", "id": "mcp/admin-cli", "urn": "client"}
    key = {"realm": "mcp", "clientId": "admin-cli"}
    return [
        realm | {"outputs": {BESIDES: packed(_RECORD)}},
        client | {"inputs": key | inputs, "outputs": {ADOPTED_FROM: {}}},
    ]


@pytest.fixture
def changed(monkeypatch):
    """The settings of the client that differ, by their names, when it is as given."""

    def differing(resources, **live):
        whole = {document.REALM: {}, document.CLIENTS: {"admin-cli": _OWN | live}}
        monkeypatch.setattr(document, "of_export", lambda exported: exported)
        monkeypatch.setattr(made_realm, "version", lambda session: "26")
        found, untold = compare(None, SimpleNamespace(realm="mcp", exported=whole), held(resources))
        assert untold == []
        return [".".join(item.path[2:]) for item in found]

    return differing


def test_the_declared_field_is_compared_as_a_field_and_the_rest_with_the_record(changed):
    closed = state(directAccessGrants=False)
    assert changed(closed, directAccessGrantsEnabled=False) == []
    assert changed(closed, directAccessGrantsEnabled=False, rootUrl="https://theirs.example") == ["rootUrl"]
    assert changed(closed, directAccessGrantsEnabled=False, publicClient=False) == ["publicClient"]


def test_a_field_that_stands_in_several_places_takes_these_places_out(changed):
    assert changed(state(access="confidential"), publicClient=False) == []


def test_what_no_program_declares_is_compared_with_the_record(changed):
    assert changed(state()[:1], directAccessGrantsEnabled=False) == ["directAccessGrantsEnabled"]


def test_only_what_was_there_when_the_realm_was_made_is_in_its_record():
    objects = list(held(state()))
    realm, client = (item.key for item in objects)
    other = type(client).model_construct(realm="mcp", client_id="theirs")
    assert in_record_of_the_realm(client, objects)
    assert not in_record_of_the_realm(other, objects)
    assert not in_record_of_the_realm(realm, objects)
    assert not in_record_of_the_realm(client.model_copy(update={"realm": "another"}), objects)
    assert not in_record_of_the_realm(client, objects[1:])
