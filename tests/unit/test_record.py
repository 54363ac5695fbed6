"""The record of what an object was made with, and what differs from it."""

from __future__ import annotations

from provision.core.record import BESIDES, carried_over, packed, tree, unpacked, without
from provision.keycloak import realm_document
from provision.keycloak.realm_differences import Difference, differences, without_rotated

_RECORD = {"realm": {"browserFlow": "browser"}, "roles": {"/x": {}}}


def test_a_record_comes_back_from_the_state_as_it_was():
    assert unpacked({BESIDES: packed(_RECORD)}) == _RECORD


def test_a_state_without_a_readable_record_has_none():
    assert unpacked({}) is None
    assert unpacked({BESIDES: "%%%"}) is None
    assert unpacked({BESIDES: None}) is None


def test_an_object_that_is_empty_survives_and_may_get_content():
    assert tree([(("a",), {}), (("a", "b"), 1), (("c",), {})]) == {"a": {"b": 1}, "c": {}}


def test_paths_are_taken_out_of_a_document_whole():
    assert without({"a": {"b": 1, "c": 2}, "d": 3}, [("a", "b"), ("d",), ("e", "f")]) == {"a": {"c": 2}}


def test_only_what_a_change_of_ours_altered_is_recorded_anew():
    recorded = {"ours": 1, "theirs": 1, "gone": 1, "kept": 1}
    before = {"ours": 1, "theirs": 2, "gone": 1}
    after = {"ours": 3, "theirs": 2, "new": 4}
    assert carried_over(recorded, before, after) == {"ours": 3, "theirs": 1, "kept": 1, "new": 4}


def test_an_absent_value_and_an_empty_one_are_no_difference():
    before = {"clients": {"c": {"attributes": {}, "webOrigins": []}}}
    assert list(differences(before, {"clients": {"c": {}}}, whole=True)) == []


def test_a_switch_that_was_not_there_is_a_difference():
    (found,) = differences({"clients": {"c": {}}}, {"clients": {"c": {"bearerOnly": True}}}, whole=True)
    assert found == Difference(("clients", "c", "bearerOnly"), before=None, after=True)
    assert not found.is_member


def test_a_new_component_is_a_member_and_a_new_client_is_somebody_elses():
    live = {"components": {"X/y/z": {}}, "clients": {"theirs": {}}}
    (found,) = differences({}, live, whole=True)
    assert found.path == ("components", "X/y/z")
    assert found.is_member
    assert list(differences({}, live, whole=False)) == []


def test_the_flows_inside_a_new_flow_are_not_named_beside_it():
    live = {"authentication flows": {"new": {"topLevel": True}, "inner": {"topLevel": False}}}
    assert [found.path[-1] for found in differences({}, live, whole=True)] == ["new"]


def test_pkce_that_a_client_policy_switched_on_is_no_difference():
    live = {"clients": {"account": {"attributes": {"pkce.code.challenge.method": "S256"}}}}
    before = {"clients": {"account": {}}}
    assert list(differences(before, live, whole=True)) == []
    assert len(list(differences(live, before, whole=True))) == 1


def test_what_is_gone_is_a_difference_as_a_whole():
    (found,) = differences({"components": {"X/y/z": {"a": ["1"]}}}, {}, whole=True)
    assert found == Difference(("components", "X/y/z"), {"a": ["1"]}, None)


def test_keys_that_a_rotation_replaced_are_not_expected_any_more():
    recorded = {"components": {"KeyProvider/rsa/rsa": {}, "KeyProvider/hmac-generated/h": {}}}
    live = {"components": {"KeyProvider/rsa-generated/rsa-20260101T000000Z": {}}}
    assert without_rotated(recorded, live) == [("components", "KeyProvider/rsa/rsa")]
    (found,) = differences(
        {}, {**live, "components": {**live["components"], "KeyProvider/rsa/new": {}}}, whole=True
    )
    assert found.path == ("components", "KeyProvider/rsa/new")


def test_a_document_holds_no_secret_and_no_id():
    raw = {
        "id": "1",
        "smtpServer": {"password": "p", "host": "h"},
        "clients": [
            {"id": "2", "clientId": "c", "secret": "s", "attributes": {"use.refresh.tokens": "true"}}
        ],
        "components": {
            "a.B": [
                {
                    "id": "3",
                    "providerId": "p",
                    "name": "n",
                    "config": {"privateKey": ["k"], "x": ["**********"]},
                }
            ]
        },
    }
    document = realm_document.of_export(raw)
    assert document["realm"] == {"smtpServer": {"host": "h"}, "attributes": {}}
    assert document["clients"]["c"]["attributes"] == {"use.refresh.tokens": "true"}
    assert "secret" not in document["clients"]["c"]
    assert document["components"] == {"B/p/n": {}}
