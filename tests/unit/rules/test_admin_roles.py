"""Who administers by way of other roles, as far as a program tells."""

from __future__ import annotations

import pytest

from provision.rules.model import UNKNOWN
from tests.support.asked_rule import asked, resource

RULE = "service-account-inherits-administration"


def given(role, owner=""):
    return resource("ServiceAccountRole", client="report", owner=owner, role=role)


def role(name, **contains):
    return resource("RealmRole", name=name, **contains)


def test_roles_that_contain_each_other_end_the_search():
    one, other = role("one", realmComposites=["other"]), role("other", realmComposites=["one"])
    report = asked(RULE, given("one"), one, other)
    assert (report.findings, report.inconclusive) == ((), ())


def test_a_role_of_another_client_is_followed():
    own = resource(
        "ClientRole", client="app", name="edit", clientComposites={"realm-management": ["realm-admin"]}
    )
    other = resource("ClientRole", client="other", name="edit")
    (finding,) = asked(RULE, given("edit", "app"), own, other).findings
    assert "realm-management/realm-admin, by way of app/edit" in finding.message
    assert not asked(RULE, given("edit", "other"), own, other).findings


@pytest.mark.parametrize(
    ("has", "inconclusive"),
    [
        (given("reader"), True),
        (given("edit", "app"), True),
        (given("view-users", "realm-management"), False),  # what it contains is known
        (given("realm-admin", "realm-management"), False),  # a rule of its own
    ],
)
def test_in_a_realm_of_others_a_role_that_is_not_declared_may_contain_what_it_will(has, inconclusive):
    assert bool(asked(RULE, has, complete=False).inconclusive) is inconclusive
    assert not asked(RULE, has).inconclusive
    assert not asked(RULE, has, complete=False).findings


def test_what_is_certain_is_told_although_something_else_is_not_known():
    first = role("first", realmComposites=UNKNOWN)
    second = role("second", realmComposites=["first"], clientComposites={"realm-management": ["realm-admin"]})
    report = asked(RULE, given("second"), first, second)
    assert len(report.findings) == 1
    assert len(report.inconclusive) == 1


def test_a_client_that_provisions_may_inherit_what_it_needs():
    operator = role("operator", clientComposites={"realm-management": ["realm-admin"]})
    assert asked(RULE, given("operator"), operator).findings
    assert not asked(RULE, given("operator"), operator, administrators=["report"]).findings


def test_of_a_group_that_administers_the_members_must_be_known():
    group = resource("Group", path="/ops", clientRoles={"realm-management": ["manage-users"]})
    assert asked(RULE, group, complete=False).inconclusive
    assert not asked(RULE, group).inconclusive
    assert not asked(RULE, group).findings
    harmless = resource("Group", path="/others")
    assert not asked(RULE, harmless, complete=False).inconclusive


@pytest.mark.parametrize(("name", "found"), [("default-roles-mcp", True), ("default-roles-other", False)])
def test_only_the_default_role_of_the_realm_is_everybodys(name, found):
    own = role(name, clientComposites={"realm-management": ["view-users"]})
    assert bool(asked("everyone-administers", own).findings) is found
