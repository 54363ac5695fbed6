"""What a rule says of a declared realm, it says of a real one that was made so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.config.rules import RulesConfig
from provision.keycloak.server_info import LackingError
from provision.rules import book, live, recorded
from provision.rules.changes import Add
from provision.rules.judgement import judge
from provision.rules.thing import MASKED, UndecidedError
from provision.spec import Mark, catalogue
from tests.support.good_stacks import good
from tests.support.landscape_realm import MASTER, OF_THE_STACK, realm_of

_PREFIX = "provision:keycloak:"


def _kind(change):
    return change.kind if hasattr(change, "kind") else change.where.kind


BREAKS = [
    pytest.param(rule, changes, id=f"{rule.id}-{number}")
    for rule in book.rules()
    for number, changes in enumerate(rule.breaks)
    if any(_PREFIX + _kind(change) in catalogue() for change in changes)
]
OF_REALMS = [rule for rule in book.rules() if not {*rule.on} & {*live.OF_A_STACK}]
"""The rules that are not about the Keycloak of these tests, or what else is around a realm."""

NEVER_READ = {"ClientRole", "User", *live.OF_A_STACK}


def audited(session, landscape, whole=None):
    """The landscape with its realms made and read; of the realm of the administrators what is in the landscape."""
    try:
        with realm_of(session, landscape, whole) as name:
            seen = live.landscape(session, name, landscape.profile)
            others = live.landscape(session, MASTER, landscape.profile) if reaches_master(landscape) else None
    except LackingError as error:
        pytest.skip(str(error))
    assert seen.unseen.keys() <= NEVER_READ  # else the record would stand in for it
    if others is not None:
        seen = replace(seen, things=(*seen.things, *declared_ones(others, landscape)))
    return recorded.surrounded(seen, landscape)


def reaches_master(landscape):
    return any(thing.properties.get("realm") == MASTER for thing in landscape.things)


def declared_ones(seen, landscape):
    declared = {recorded.identity(thing) for thing in landscape.things}
    return [thing for thing in seen.things if recorded.identity(thing) in declared]


def without_secrets(landscape):
    """As far as an audit can see it: it never looks at secrets."""
    return replace(
        landscape,
        things=tuple(
            replace(thing, properties={**thing.properties, **dict.fromkeys(thing.secrets, MASKED)})
            if thing.kind != "Client" or thing.peek("access") == "confidential"
            else thing
            for thing in landscape.things
        ),
    )


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_a_realm_that_is_made_so_breaks_the_rule(session, rule, changes):
    """Or the rule can't tell, where it needs a secret and so can't tell of the declared realm without its secrets either."""
    whole = broken = good(rule.breaks_in)
    for change in changes:
        broken = change(broken)
    report = judge(audited(session, broken, whole), RulesConfig(), only=[rule])
    if judge(without_secrets(broken), RulesConfig(), only=[rule]).findings:
        assert {finding.rule.id for finding in report.findings} == {rule.id}, report.undecided
    else:
        assert repr(MASKED) in {item.why for item in report.undecided if item.path == "secret"}
        assert report.findings == ()


def test_of_the_people_only_temporary_administrators_are_read_and_these_of_the_realm_master(session):
    marked = {"realm": MASTER, "username": "first", "attributes": {"is_temporary_admin": ["true"]}}
    other = {"realm": MASTER, "username": "second"}
    landscape = Add("User", other)(Add("User", marked)(good("prod")))
    with realm_of(session, landscape):
        seen = live.landscape(session, MASTER, "prod")
    assert [thing.get("username") for thing in seen.of_kind("User")] == ["first"]
    (rule,) = (rule for rule in book.rules() if rule.id == "temporary-administrator")
    report = judge(seen, RulesConfig(), only=[rule])
    found = {finding.resource for finding in report.findings}
    assert found == {"user first in realm master", "client provision-admin in realm master"}
    assert {item.resource for item in report.undecided} == {"User"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def good_realm(request, session):
    declared = good(request.param)
    return declared, audited(session, declared)


def test_the_realm_of_a_good_stack_breaks_no_rule(good_realm):
    _, seen = good_realm
    report = judge(seen, RulesConfig(), only=OF_REALMS)
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
            elif name not in OF_THE_STACK.get(thing.kind, ()):
                there = read[thing.kind, thing.name].get(name)
                unordered = Mark.UNORDERED in fields[name].marks
                assert comparable(there, unordered) == comparable(value, unordered), (thing.name, name)


def comparable(value, unordered):
    """Lists and tuples alike, in any order where the spec says that it does not count."""
    if not isinstance(value, (list, tuple)):
        return value
    return sorted(value) if unordered else [*value]


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
