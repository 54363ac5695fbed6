"""How far roles of clients are followed; a reader that only counts stands in for Keycloak."""

from __future__ import annotations

import pytest

from provision.rules.sources import live_roles
from provision.rules.sources.concurrent_reader import denied
from provision.rules.sources.recorded_api import NotReadError, RecordedApi


class CountingReader:
    """Answers from a table, and notes what was asked."""

    realm = "shop"

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    def get(self, role, *path):
        self.asked.append(path)
        return lambda: self.answers.get(path, [])


def part(number, *, composite=True):
    return {"name": f"role-{number}", "containerId": "c", "clientRole": True, "composite": composite}


def stored(reader, *, clients_read=True):
    tree = RecordedApi("", reader.realm, "id")
    tree.store_clients([{"clientId": "app", "id": "c"}])
    tree.store_groups([])
    roles = [{"name": "all", "composite": True}]
    live_roles.store(reader, tree, roles, clients_read=clients_read)
    return tree


def contents(tree, name):
    return tree.get("shop", "clients", "c", "roles", name, "composites")


def test_no_more_than_a_number_of_them_are_followed_and_of_the_others_it_is_said():
    reader = CountingReader({("roles", "all", "composites"): [part(number) for number in range(300)]})
    tree = stored(reader)
    assert len(reader.asked) == 1 + live_roles._MOST
    assert not contents(tree, "role-0")
    with pytest.raises(NotReadError, match="only 200 roles"):
        contents(tree, "role-99")


def test_what_contains_nothing_is_known_without_asking_and_circles_end():
    path = ("clients", "c", "roles", "role-1", "composites")
    reader = CountingReader(
        {
            ("roles", "all", "composites"): [part(1), part(2, composite=False)],
            path: [part(1), part(3, composite=False)],
        }
    )
    tree = stored(reader)
    assert reader.asked == [("roles", "all", "composites"), path]
    assert {item["name"] for item in tree.get("shop", "clients", "c", "roles")} == {
        "role-1",
        "role-2",
        "role-3",
    }


def test_what_is_denied_is_not_taken_for_nothing():
    path = ("clients", "c", "roles", "role-1", "composites")
    reader = CountingReader({("roles", "all", "composites"): [part(1)], path: denied("view-clients")})
    with pytest.raises(NotReadError, match="view-clients"):
        contents(stored(reader), "role-1")


def test_without_the_clients_what_a_role_contains_is_not_known():
    """Keycloak leaves the roles of clients out of its answer then."""
    tree = stored(CountingReader({}), clients_read=False)
    with pytest.raises(NotReadError, match="view-clients"):
        tree.get("shop", "roles", "all", "composites")
