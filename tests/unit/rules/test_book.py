"""What holds for every rule: it is kept by the good stacks, broken by what it names, and never guesses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from provision.config.rules import RulesConfig, WaiverConfig
from provision.rules import book
from provision.rules.changes import Add, Remove, Set
from provision.rules.judgement import judge
from provision.rules.thing import UNKNOWN
from tests.support.good_stacks import good, profile

BREAKS = [
    pytest.param(rule, changes, id=f"{rule.id}-{number}")
    for rule in book.rules()
    for number, changes in enumerate(rule.breaks)
]
TODAY = date(2026, 1, 1)


def broken(rule, changes):
    landscape = good(rule.breaks_in)
    for change in changes:
        landscape = change(landscape)
    return landscape


def ids(findings):
    return {finding.rule.id for finding in findings}


@pytest.mark.parametrize("stack", ["dev", "docker", "prod", "kubernetes"])
def test_a_good_stack_breaks_no_rule(stack):
    report = judge(good(stack), RulesConfig(), today=TODAY)
    assert [finding.as_json() for finding in report.mandatory] == []
    if profile(stack) == "prod":
        assert [finding.as_json() for finding in report.findings] == []


@pytest.mark.parametrize("rule", book.rules(), ids=lambda rule: rule.id)
def test_a_rule_explains_itself_and_can_be_broken(rule):
    assert rule.breaks
    assert rule.see.startswith("https://")
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.fix
    assert rule.check.__doc__
    assert set(rule.in_production) <= set(rule.parameters)


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_what_breaks_a_rule_breaks_that_one_alone(rule, changes):
    before = judge(good(rule.breaks_in), RulesConfig(), today=TODAY)
    report = judge(broken(rule, changes), RulesConfig(), today=TODAY)
    assert ids(report.findings) - ids(before.findings) == {rule.id}
    (found, *_) = (finding for finding in report.findings if finding.rule.id == rule.id)
    assert found.message
    assert found.fix


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_a_value_that_is_not_known_yet_neither_passes_nor_fails(rule, changes):
    hidden = [_hide(change) for change in changes]
    if all(map(lambda one, other: one is other, hidden, changes)):
        # Something is missing or too many: in a realm that others made, it can't be told before it is looked at.
        if not any(isinstance(change, Remove) for change in changes):
            pytest.skip("nothing of it can be unknown: that the object is there breaks the rule")
        landscape = replace(broken(rule, changes), complete=False)
    else:
        landscape = broken(rule, hidden)
    report = judge(landscape, RulesConfig(), only=[rule], today=TODAY)
    before = judge(good(rule.breaks_in), RulesConfig(), only=[rule], today=TODAY)
    assert ids(report.findings) == ids(before.findings)
    assert rule.id in {undecided.rule.id for undecided in report.undecided}


def _hide(change):
    if isinstance(change, Set):
        return Set(change.where, dict.fromkeys(change.values, UNKNOWN))
    if isinstance(change, Add) and change.like is not None:
        return Add(change.kind, dict.fromkeys(change.properties, UNKNOWN), change.like)
    return change


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_a_waiver_lets_it_pass_until_its_day(rule, changes):
    waiver = WaiverConfig(rule=rule.id, reason="known and accepted", expires=TODAY)
    config = RulesConfig(waivers=(waiver,), levels={rule.id: "mandatory"})
    landscape = broken(rule, changes)
    report = judge(landscape, config, today=TODAY)
    assert rule.id not in ids(report.findings)
    assert rule.id in ids(report.waived)
    later = judge(landscape, config, today=date(2026, 1, 2))
    assert rule.id in ids(later.mandatory)
    assert later.expired == (waiver,)


@pytest.mark.parametrize("rule", book.rules(), ids=lambda rule: rule.id)
def test_a_rule_that_is_off_is_not_asked(rule):
    landscape = broken(rule, rule.breaks[0])
    report = judge(landscape, RulesConfig(levels={rule.id: "off"}), today=TODAY)
    assert rule.id not in ids(report.findings)
    assert rule.id not in {asked.id for asked in report.rules}
