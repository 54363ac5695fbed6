"""What a view lacks is never taken for what is not there; what Keycloak made itself is looked at but not judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.config.rules import RulesConfig
from provision.rules.definition import RuleContext, rule
from provision.rules.evaluation import evaluate
from provision.rules.model import Inconclusive, Snapshot, Violation
from provision.rules.sources.keycloak_resource import keycloak_resource

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
    example="Client",
)
def some_rule(client, context):
    yield Violation("", "is there")


def client(name):
    return keycloak_resource("Client", name, {"realm": "r", "clientId": name})


def test_a_rule_about_a_kind_that_is_not_seen_can_not_be_told_even_where_none_is_found():
    report = evaluate(Snapshot((), unseen={"Client": WHY}), RulesConfig(), only=[some_rule])
    assert [(item.rule.id, item.resource, item.why) for item in report.inconclusive] == [
        ("some-rule", "Client", WHY)
    ]


def test_what_is_seen_of_such_a_kind_is_judged_all_the_same():
    report = evaluate(Snapshot((client("a"),), unseen={"Client": WHY}), RulesConfig(), only=[some_rule])
    assert [finding.resource for finding in report.findings] == ["a"]
    assert len(report.inconclusive) == 1


def test_looking_beside_gives_what_is_seen_and_then_says_that_there_may_be_more():
    scope = keycloak_resource("ClientScope", "s", {"realm": "r", "name": "s"})
    context = RuleContext(Snapshot((scope,), unseen={"ClientScope": WHY}), some_rule, {})
    found = context.of("ClientScope")
    assert next(found) is scope
    with pytest.raises(Inconclusive, match=WHY):
        next(found)
    with pytest.raises(Inconclusive, match=WHY):
        context.none_of("ClientScope", name="other")


def test_no_rule_is_about_what_keycloak_made_itself():
    own = replace(client("admin-cli"), builtin=True)
    snapshot = Snapshot((own, client("app")))
    report = evaluate(snapshot, RulesConfig(), only=[some_rule])
    assert [finding.resource for finding in report.findings] == ["app"]
    assert own in [*RuleContext(snapshot, some_rule, {}).of("Client")]
