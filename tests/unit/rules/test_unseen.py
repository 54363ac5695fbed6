"""What a view lacks is never taken for what is not there; what Keycloak made itself is looked at but not judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.config.rules import RulesConfig
from provision.rules.declared import keycloak_thing
from provision.rules.judgement import judge
from provision.rules.rule import Landscape, Scene, rule
from provision.rules.thing import UndecidedError, Violation

WHY = "the service account lacks the role view-clients"


@rule(
    id="some-rule",
    severity="low",
    title="t",
    why="w.",
    fix="f",
    see="https://example.org",
    on=("Client",),
    beside=("ClientScope",),
    breaks=(),
)
def some_rule(client, scene):
    yield Violation("", "is there")


def client(name):
    return keycloak_thing("Client", name, {"realm": "r", "clientId": name})


def test_a_rule_about_a_kind_that_is_not_seen_can_not_be_told_even_where_none_is_found():
    report = judge(Landscape((), unseen={"Client": WHY}), RulesConfig(), only=[some_rule])
    assert [(item.rule.id, item.resource, item.why) for item in report.undecided] == [
        ("some-rule", "Client", WHY)
    ]


def test_what_is_seen_of_such_a_kind_is_judged_all_the_same():
    report = judge(Landscape((client("a"),), unseen={"Client": WHY}), RulesConfig(), only=[some_rule])
    assert [finding.resource for finding in report.findings] == ["a"]
    assert len(report.undecided) == 1


def test_looking_beside_gives_what_is_seen_and_then_says_that_there_may_be_more():
    scope = keycloak_thing("ClientScope", "s", {"realm": "r", "name": "s"})
    scene = Scene(Landscape((scope,), unseen={"ClientScope": WHY}), some_rule, {})
    found = scene.of("ClientScope")
    assert next(found) is scope
    with pytest.raises(UndecidedError, match=WHY):
        next(found)
    with pytest.raises(UndecidedError, match=WHY):
        scene.none_of("ClientScope", name="other")


def test_no_rule_is_about_what_keycloak_made_itself():
    own = replace(client("admin-cli"), builtin=True)
    landscape = Landscape((own, client("app")))
    report = judge(landscape, RulesConfig(), only=[some_rule])
    assert [finding.resource for finding in report.findings] == ["app"]
    assert own in [*Scene(landscape, some_rule, {}).of("Client")]
