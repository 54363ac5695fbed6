"""What a rule says of a declared realm, it says of a real one that was made so."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from provision.config.profile import PRODUCTION
from provision.config.rules import RulesConfig
from provision.core.registry import catalogue
from provision.core.spec import Mark
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import MASKED, Inconclusive
from provision.rules.sources import live
from tests.support.good_stacks import good
from tests.support.landscape_realm import MASTER, OF_THE_STACK, offered_of, realm_of
from tests.support.mutations import Add
from tests.support.rule_breaks import assert_broken, audited, breaks

_PREFIX = "provision:keycloak:"
_AUDIT_PAGE = Path(__file__).parents[3] / "docs/audit.md"
OF_REALMS = [rule for rule in checks.rules() if not {*rule.on} & {*live.OF_A_STACK}]
"""The rules that are not about the Keycloak of these tests, or what else is around a realm."""


@pytest.mark.parametrize(("rule", "changes"), breaks(featured=False))
def test_a_realm_that_is_made_so_breaks_the_rule(session, rule, changes):
    """Those that need a feature of Keycloak's are made in tests/e2e/test_experimental_features.py."""
    assert_broken(session, rule, changes)


def test_of_the_people_only_temporary_administrators_are_read_and_these_of_the_realm_master(session):
    marked = {"realm": MASTER, "username": "first", "attributes": {"is_temporary_admin": ["true"]}}
    other = {"realm": MASTER, "username": "second"}
    snapshot, _ = offered_of(session, Add("User", other)(Add("User", marked)(good("prod"))))
    with realm_of(session, snapshot):
        seen = live.snapshot(session, MASTER, "prod")
    assert [resource.get("username") for resource in seen.of_kind("User")] == ["first"]
    (rule,) = (rule for rule in checks.rules() if rule.id == "temporary-administrator")
    report = evaluate(seen, RulesConfig(), only=[rule])
    found = {finding.resource for finding in report.findings}
    assert found == {"user first in realm master", "client provision-admin in realm master"}
    assert {item.resource for item in report.inconclusive} == {"User"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def good_realm(request, session):
    declared, _ = offered_of(session, good(request.param))
    return declared, audited(session, declared)


def test_the_realm_of_a_good_stack_breaks_no_rule(good_realm):
    _, seen = good_realm
    report = evaluate(seen, RulesConfig(), only=OF_REALMS)
    assert [finding.as_json() for finding in report.mandatory] == []


def test_the_audit_of_a_fresh_realm_finds_what_the_page_gives_a_reason_for_and_nothing_else(good_realm):
    _, seen = good_realm
    named = named_on_the_page()
    for profile in PRODUCTION if seen.profile == "prod" else ("dev", "test"):
        report = evaluate(replace(seen, profile=profile), RulesConfig(), only=OF_REALMS)
        found = {finding.rule.id for finding in report.findings}
        assert found == {rule for rule, profiles in named.items() if profile in profiles}


def named_on_the_page():
    """The rules that docs/audit.md names as broken in a fresh realm on purpose, with the profiles."""
    section = _AUDIT_PAGE.read_text().partition("## A fresh stack of ours")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([a-z, ]+) \| \S", section, re.MULTILINE)
    assert rows
    return {rule: profiles.split(", ") for rule, profiles in rows}


def test_what_was_declared_is_what_is_read(good_realm):
    declared, seen = good_realm
    read = {(resource.kind, resource.name): resource for resource in seen.resources}
    for resource in declared.resources:
        if resource.kind in seen.unseen or _PREFIX + resource.kind not in catalogue():
            continue
        fields = catalogue()[_PREFIX + resource.kind].spec.fields()
        for name, value in resource.properties.items():
            if fields[name].secret or Mark.CREATE_ONLY in fields[name].marks:
                assert read[resource.kind, resource.name].properties[name] is MASKED
            elif name not in OF_THE_STACK.get(resource.kind, ()):
                there = read[resource.kind, resource.name].get(name)
                unordered = Mark.UNORDERED in fields[name].marks
                assert comparable(there, unordered) == comparable(value, unordered), (resource.name, name)


def comparable(value, unordered):
    """Lists and tuples alike, in any order where the spec says that it does not count."""
    if not isinstance(value, (list, tuple)):
        return value
    return sorted(value) if unordered else [*value]


def test_everything_of_a_good_realm_can_be_seen(good_realm):
    """No value is missing in what Keycloak tells, and no object is one that can't be understood."""
    _, seen = good_realm
    hidden = set()
    for resource in seen.resources:
        for name in resource.properties if _PREFIX + resource.kind in catalogue() else ():
            try:
                resource.get(name)
            except Inconclusive as error:
                if error.why != repr(MASKED):
                    hidden.add((resource.name, name, error.why))
    assert hidden == set()
