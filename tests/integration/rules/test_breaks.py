"""What a rule says of a declared realm, it says of a real one that was made so."""

from __future__ import annotations

import pytest

from provision.config.rules import RulesConfig
from provision.rules import book, live, recorded
from provision.rules.judgement import judge
from provision.rules.thing import MASKED, UndecidedError
from provision.spec import Mark, catalogue
from tests.support.good_stacks import good
from tests.support.landscape_realm import realm_of

_PREFIX = "provision:keycloak:"


def _kind(change):
    return change.kind if hasattr(change, "kind") else change.where.kind


BREAKS = [
    pytest.param(rule, changes, id=f"{rule.id}-{number}")
    for rule in book.rules()
    for number, changes in enumerate(rule.breaks)
    if any(_PREFIX + _kind(change) in catalogue() for change in changes)
]


def audited(session, landscape, whole=None):
    """The landscape with its realm made and read."""
    with realm_of(session, landscape, whole) as name:
        seen = live.landscape(session, name, landscape.profile)
    return recorded.surrounded(seen, landscape)


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_a_realm_that_is_made_so_breaks_the_rule(session, rule, changes):
    whole = broken = good(rule.breaks_in)
    for change in changes:
        broken = change(broken)
    report = judge(audited(session, broken, whole), RulesConfig(), only=[rule])
    assert {finding.rule.id for finding in report.findings} == {rule.id}, report.undecided


@pytest.fixture(scope="module", params=["dev", "prod"])
def good_realm(request, session):
    declared = good(request.param)
    return declared, audited(session, declared)


def test_the_realm_of_a_good_stack_breaks_no_rule(good_realm):
    _, seen = good_realm
    report = judge(seen, RulesConfig())
    assert [finding.as_json() for finding in report.mandatory] == []


def test_what_was_declared_is_what_is_read(good_realm):
    declared, seen = good_realm
    read = {(thing.kind, thing.name): thing for thing in seen.things}
    for thing in declared.things:
        if thing.kind in seen.unseen or _PREFIX + thing.kind not in catalogue():
            continue
        fields = catalogue()[_PREFIX + thing.kind].spec.fields()
        for name, value in thing.properties.items():
            if fields[name].secret or Mark.CREATE_ONLY in fields[name].marks:
                assert read[thing.kind, thing.name].properties[name] is MASKED
            elif name not in {"expectedIssuer", "instance"} and value != "all":
                assert read[thing.kind, thing.name].get(name) == value, (thing.name, name)


def test_everything_of_a_good_realm_can_be_seen(good_realm):
    """No value is missing in what Keycloak tells, and no object is one that can't be understood."""
    _, seen = good_realm
    hidden = set()
    for thing in seen.things:
        for name in thing.properties if _PREFIX + thing.kind in catalogue() else ():
            try:
                thing.get(name)
            except UndecidedError as error:
                if error.why != repr(MASKED):
                    hidden.add((thing.name, name, error.why))
    assert hidden == set()
