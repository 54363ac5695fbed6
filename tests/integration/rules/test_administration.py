"""Who administers a real realm, however well it is hidden: by roles in roles, by groups, by what everybody has."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from provision.config.rules import RulesConfig
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.sources import live
from tests.integration.test_least_privilege import service_account

if TYPE_CHECKING:
    from provision.keycloak.api.session import Session

EVERYONE, INHERITS = "everyone-administers", "service-account-inherits-administration"


class Realm:
    """A realm that is made call by call, as people do in the admin console."""

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.name = session, name

    def client(self, client_id, **values):
        body = {"clientId": client_id, "publicClient": False, **values}
        return self.session.post(self.name, "clients", body=body)

    def account(self, client_id):
        """The user of a new service account."""
        client = self.client(client_id, serviceAccountsEnabled=True)
        return self.session.get(self.name, "clients", client, "service-account-user")["id"]

    def role(self, name, *parts, client=None):
        """A new role of the realm or of a client, and what it contains."""
        where = ("clients", client, "roles") if client else ("roles",)
        self.session.post(self.name, *where, body={"name": name})
        self.contain((*where, name), *parts)
        return self.session.get(self.name, *where, name)

    def contain(self, path, *parts):
        if parts:
            self.session.post(self.name, *path, "composites", body=[*parts])

    def administrative(self, name):
        (client,) = self.session.get(self.name, "clients", clientId="realm-management")
        return self.session.get(self.name, "clients", client["id"], "roles", name)

    def group(self, name, *roles, above=()):
        group = self.session.post(self.name, "groups", *above, body={"name": name})
        for role in roles:
            of_client = role["clientRole"]
            where = ("clients", role["containerId"]) if of_client else ("realm",)
            self.session.post(self.name, "groups", group, "role-mappings", *where, body=[role])
        return group

    def join(self, user, group):
        self.session.put(self.name, "users", user, "groups", group, body={})

    def give(self, user, role):
        self.session.post(self.name, "users", user, "role-mappings", "realm", body=[role])

    def findings(self, rule, session=None):
        seen = live.snapshot(session or self.session, self.name, "prod")
        report = evaluate(seen, RulesConfig(), only=[checks.rule(rule)])
        return {(finding.resource, finding.message) for finding in report.findings}, report.inconclusive


@contextmanager
def made(session, name):
    session.delete(name)
    session.post("", body={"realm": name, "enabled": True})
    try:
        yield Realm(session, name)
    finally:
        session.delete(name)


@pytest.fixture
def realm(session):
    with made(session, "Administered") as realm:
        yield realm


@pytest.fixture
def default_role(realm):
    return ("roles", f"default-roles-{realm.name.lower()}")


def test_in_a_new_realm_nobody_administers_by_default_or_by_inheritance(realm):
    realm.account("app")
    for rule in (EVERYONE, INHERITS):
        assert realm.findings(rule) == (set(), ())


def test_a_role_in_a_role_that_everybody_has_is_found(realm, default_role):
    hidden = realm.role("helpdesk", realm.role("staff", realm.administrative("manage-clients")))
    realm.contain(default_role, hidden)
    found, _ = realm.findings(EVERYONE)
    assert found == {
        (
            "realm role default-roles-administered in realm Administered",
            "gives everybody realm-management/manage-clients, by way of helpdesk, staff",
        )
    }


def test_it_is_found_in_a_role_of_a_client_too_and_in_a_realm_that_was_renamed(realm, default_role):
    app = realm.client("app")
    hidden = realm.role("editor", realm.administrative("view-users"), client=app)
    realm.contain(default_role, realm.role("member", hidden))
    realm.session.put(realm.name, body={"realm": "Renamed"})
    renamed = Realm(realm.session, "Renamed")
    try:
        found, _ = renamed.findings(EVERYONE)
    finally:
        realm.session.put("Renamed", body={"realm": realm.name})
    assert {message for _, message in found} == {
        "gives everybody realm-management/view-users, by way of member, app/editor"
    }


def test_a_group_that_everybody_joins_is_found_also_by_the_group_above_it(realm):
    above = realm.group("staff", realm.administrative("manage-users"))
    below = realm.group("newcomers", above=(above, "children"))
    realm.session.put(realm.name, "default-groups", below, body={})
    found, _ = realm.findings(EVERYONE)
    assert found == {
        (
            "group /staff/newcomers in realm Administered",
            "gives everybody realm-management/manage-users",
        )
    }


def test_a_service_account_is_found_by_a_role_that_contains_the_administrator(realm):
    app = realm.client("app")
    realm.give(
        realm.account("by-role"),
        realm.role("operator", realm.role("operate", realm.administrative("realm-admin"), client=app)),
    )
    found, inconclusive = realm.findings(INHERITS)
    assert {message for _, message in found} == {
        "lets the service account of by-role administer: realm-management/realm-admin, by way of operator, app/operate"
    }
    assert inconclusive == ()


def test_a_service_account_is_found_by_a_group_and_by_the_role_of_one_above(realm):
    app = realm.client("app")
    top = realm.group("top", realm.role("deploy", realm.administrative("realm-admin"), client=app))
    realm.join(realm.account("by-group"), realm.group("robots", above=(top, "children")))
    realm.join(realm.account("harmless"), realm.group("others"))
    found, inconclusive = realm.findings(INHERITS)
    assert found == {
        (
            "group /top/robots in realm Administered",
            "lets the service account of by-group administer: realm-management/realm-admin, by way of app/deploy",
        )
    }
    assert inconclusive == ()


def test_the_roles_of_an_audit_are_enough_and_without_them_it_is_not_told(realm, default_role, live_keycloak):
    app = realm.client("app")
    hidden = realm.role("editor", realm.administrative("manage-users"), client=app)
    realm.contain(default_role, realm.role("member", hidden))
    realm.join(realm.account("robot"), realm.group("robots", realm.administrative("realm-admin")))
    for roles, told in ((live.READ_ONLY_ROLES, True), (("view-realm", "view-users"), False)):
        with service_account(
            realm.session, live_keycloak.url, realm.name, "realm-management", roles
        ) as account:
            for rule in (EVERYONE, INHERITS):
                found, inconclusive = realm.findings(rule, account)
                assert bool(found) is told, (rule, roles)
                assert bool(inconclusive) is not told, (rule, roles, inconclusive)
