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


class ListingReader(CountingReader):
    """Answers lists, too."""

    def list(self, role, *path, **query):
        return self.get(role, *path)


BOT = {"clientId": "bot", "id": "b", "serviceAccountsEnabled": True}
MANAGEMENT = {"clientId": "realm-management", "id": "m"}
HOLDERS = ("clients", "m", "roles", "realm-admin", "users")


def read_accounts(*holders, account):
    reader = ListingReader(
        {
            ("clients", "m", "roles"): [{"name": "realm-admin"}],
            HOLDERS: [*holders],
            ("clients", "b", "service-account-user"): account,
        }
    )
    tree = RecordedApi("", reader.realm, "id")
    tree.store({"defaultRole": {"name": "default-roles-shop"}})
    tree.store_clients([BOT, MANAGEMENT])
    tree.store_roles([{"name": "default-roles-shop"}], {})
    live_roles.read_service_accounts(reader, tree)
    user = tree.get("shop", "clients", "b", "service-account-user")
    return tree, tree.get("shop", "users", user["id"], "role-mappings"), reader


def test_a_service_account_is_known_by_its_client_whatever_its_name():
    robot = {"id": "1", "username": "robot"}
    tree, held, _ = read_accounts(robot, account=robot)
    assert held["clientMappings"] == {"realm-management": {"mappings": [{"name": "realm-admin"}]}}
    assert tree.people == {}


def test_an_account_with_the_usual_name_is_known_without_asking():
    _, held, reader = read_accounts({"id": "1", "username": "service-account-bot"}, account=None)
    assert "realm-management" in held["clientMappings"]
    assert ("clients", "b", "service-account-user") not in reader.asked


def test_a_person_who_holds_an_administrative_role_is_a_person():
    tree, held, _ = read_accounts({"id": "2", "username": "ursula"}, account={"id": "1", "username": "robot"})
    assert held["clientMappings"] == {}
    assert tree.people == {("realm-management", "realm-admin"): ["ursula"]}
    (person,) = live_roles._administrators("shop", tree, {}, lambda _role: None)
    assert person.name == "user ursula in realm shop"
    assert person.get("clientRoles") == {"realm-management": ["realm-admin"]}
    assert person.properties.get("password") is None
