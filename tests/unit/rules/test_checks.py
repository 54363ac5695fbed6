"""What holds for every rule: it is kept by the good stacks, broken by what it names, and never guesses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from provision.config.rules import RulesConfig, WaiverConfig
from provision.config.stack_config import StackConfig, read
from provision.rules import checks
from provision.rules.evaluation import evaluate
from provision.rules.model import UNKNOWN
from tests.support import rule_cases
from tests.support.good_stacks import good, profile
from tests.support.mutations import Add, Remove, Set, in_words
from tests.support.rule_cases import breaks_of, stack_of

BREAKS = [
    pytest.param(rule, changes, id=f"{rule.id}-{number}")
    for rule in checks.rules()
    for number, changes in enumerate(breaks_of(rule))
]
TODAY = date(2026, 1, 1)


def broken(rule, changes):
    snapshot = good(stack_of(rule))
    for change in changes:
        snapshot = change(snapshot)
    return snapshot


@cache
def found_in(stack):
    """What the rules say of a good stack: all cases that change it are compared with that."""
    return evaluate(good(stack), RulesConfig(), today=TODAY)


def ids(findings):
    return {finding.rule.id for finding in findings}


@pytest.mark.parametrize("stack", ["dev", "docker", "prod", "kubernetes"])
def test_a_good_stack_breaks_no_rule(stack):
    report = found_in(stack)
    assert [finding.as_json() for finding in report.mandatory] == []
    if profile(stack) == "prod":
        assert [finding.as_json() for finding in report.findings] == []


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
def test_a_rule_explains_itself_and_can_be_broken(rule):
    assert breaks_of(rule)
    assert rule.example == in_words(breaks_of(rule)[0])
    assert rule.see.startswith("https://")
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.fix
    assert rule.check.__doc__
    assert set(rule.in_production) <= set(rule.parameters)


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
def test_a_fix_in_the_stack_file_can_be_pasted(rule):
    key = re.match(r"(provision:)?(\w+): ", rule.fix)
    if key is None or key[2] not in {field.alias or name for name, field in StackConfig.model_fields.items()}:
        return
    assert key[1], "the namespace is missing"
    ((name, value),) = yaml.safe_load(rule.fix).items()
    read({name.removeprefix("provision:"): value}, source="the fix")


def test_there_are_cases_of_rules_only():
    files = {f"{file.parent.name}/{file.stem}" for file in Path(rule_cases.__path__[0]).glob("*/*.py")}
    assert files == {f"{rule.group}/{rule.id.replace('-', '_')}" for rule in checks.rules()}


_BESIDES = {"client-pkce": {"client-policy-idle"}}
"""Rules that the changes which break another rule may break too: a policy that is off keeps nobody to anything."""


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_what_breaks_a_rule_breaks_that_one_alone(rule, changes):
    before = found_in(stack_of(rule))
    report = evaluate(broken(rule, changes), RulesConfig(), today=TODAY)
    assert ids(report.findings) - ids(before.findings) - _BESIDES.get(rule.id, set()) == {rule.id}
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
        snapshot = replace(broken(rule, changes), complete=False)
    else:
        snapshot = broken(rule, hidden)
    report = evaluate(snapshot, RulesConfig(), only=[rule], today=TODAY)
    assert ids(report.findings) == ids(found_in(stack_of(rule)).findings) & {rule.id}
    assert rule.id in {inconclusive.rule.id for inconclusive in report.inconclusive}


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
    snapshot = broken(rule, changes)
    report = evaluate(snapshot, config, today=TODAY)
    assert rule.id not in ids(report.findings)
    assert rule.id in ids(report.waived)
    later = evaluate(snapshot, config, today=date(2026, 1, 2))
    assert rule.id in ids(later.mandatory)
    assert later.expired == (waiver,)


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
def test_a_rule_that_is_off_is_not_asked(rule):
    snapshot = broken(rule, breaks_of(rule)[0])
    report = evaluate(snapshot, RulesConfig(levels={rule.id: "off"}), today=TODAY)
    assert rule.id not in ids(report.findings)
    assert rule.id not in {asked.id for asked in report.rules}
