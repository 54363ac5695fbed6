"""A baseline lets pass what is there, and nothing that gets worse."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from provision.config.rules import RulesConfig
from provision.config.stack_config import read
from provision.config.yaml_file import dump, load
from provision.rules import baseline, checks
from provision.rules.evaluation import evaluate
from provision.rules.model import Resource, Snapshot, unreadable
from provision.rules.reports import Subject, text
from provision.rules.sources.keycloak_resource import natural_name
from tests.unit.rules.test_checks import BREAKS, broken

TODAY = date(2026, 1, 1)
PASSWORDS = checks.rule("client-password-grant")
REDIRECTS = checks.rule("client-wildcard-redirect")
SESSIONS = checks.rule("session-lifespan")


def client(name="shop", **values):
    values = {"realm": "acme", "clientId": name, "access": "public", "standardFlow": True, **values}
    return _named(Resource("Client", "", values))


def realm(**values):
    values = {"ssoSessionMaxLifespan": 60, "ssoSessionIdleTimeout": 60, **values}
    return _named(Resource("Realm", "", {"name": "acme", **values}))


def _named(resource):
    return replace(resource, name=natural_name(resource))


def report(rule, *resources, waivers=(), today=TODAY):
    config = RulesConfig.model_validate({"waivers": waivers})
    return evaluate(Snapshot(resources, "prod"), config, only=[rule], today=today)


def baseline_of(rule, *resources):
    return baseline.waivers(report(rule, *resources).findings, TODAY)


def test_what_was_there_passes_until_the_last_day_and_is_a_finding_again_after_it():
    old = client(directAccessGrants=True)
    (waiver,) = waivers = baseline_of(PASSWORDS, old)
    assert waiver["resource"] == "client shop in realm acme"
    assert (waiver["path"], waiver["actual"]) == ("directAccessGrants", True)
    last = TODAY + timedelta(days=baseline.DAYS)
    assert report(PASSWORDS, old, waivers=waivers, today=last).findings == ()
    assert len(report(PASSWORDS, old, waivers=waivers, today=last + timedelta(days=1)).findings) == 1


def test_the_same_on_another_object_is_a_finding():
    waivers = baseline_of(PASSWORDS, client(directAccessGrants=True))
    both = [client(directAccessGrants=True), client("shop2", directAccessGrants=True)]
    (finding,) = report(PASSWORDS, *both, waivers=waivers).findings
    assert finding.name == "client shop2 in realm acme"


def test_a_name_with_the_signs_of_patterns_is_that_name_only():
    name = "a[bc]*?"
    waivers = baseline_of(PASSWORDS, client(name, directAccessGrants=True))
    assert report(PASSWORDS, client(name, directAccessGrants=True), waivers=waivers).findings == ()
    for other in ("ab*?", "a[bc]xy", "a[bc]*x"):
        assert report(PASSWORDS, client(other, directAccessGrants=True), waivers=waivers).findings


def test_a_second_value_of_a_list_is_a_finding_and_another_order_is_none():
    old, new = "https://*", "https://app.example.org/*"
    waivers = baseline_of(REDIRECTS, client(redirectUris=[old]))
    assert report(REDIRECTS, client(redirectUris=["https://a/b", old]), waivers=waivers).findings == ()
    (finding,) = report(REDIRECTS, client(redirectUris=[new, old]), waivers=waivers).findings
    assert finding.part == new


def test_a_value_that_gets_worse_is_a_finding_and_so_is_another_property():
    waivers = baseline_of(SESSIONS, realm(ssoSessionMaxLifespan=90000))
    assert report(SESSIONS, realm(ssoSessionMaxLifespan=90000), waivers=waivers).findings == ()
    assert report(SESSIONS, realm(ssoSessionMaxLifespan=90001), waivers=waivers).findings
    both = realm(ssoSessionMaxLifespan=90000, ssoSessionIdleTimeout=90000)
    (finding,) = report(SESSIONS, both, waivers=waivers).findings
    assert finding.path == "ssoSessionIdleTimeout"


def test_what_is_mended_is_named_as_no_longer_needed():
    waivers = baseline_of(PASSWORDS, client(directAccessGrants=True))
    mended = report(PASSWORDS, client(directAccessGrants=False), waivers=waivers)
    assert [item.resource for item in mended.unused] == ["client shop in realm acme"]
    subject = Subject("stack login", "prod", "Pulumi.login.yaml")
    whole = text.written(mended, subject)
    assert "the waiver for client-password-grant lets nothing pass; take it out" in whole
    assert "for client shop in realm acme (directAccessGrants = true): It was so on 2026-01-01" in whole
    brief = "".join(str(part) for line in text.brief(mended, "`provision preview`") for part in line)
    assert "1 waiver lets nothing pass; take it out" in brief


def test_what_can_not_be_decided_may_need_its_waiver_still():
    old = client(directAccessGrants=True)
    undeclared = replace(client(), whole=False)
    waivers = baseline_of(PASSWORDS, old)
    left = report(PASSWORDS, undeclared, waivers=waivers)
    assert left.inconclusive
    assert left.unused == ()


def test_a_value_that_can_not_be_read_is_not_let_pass_by_a_waiver_for_another_value():
    waivers = baseline_of(PASSWORDS, client(directAccessGrants=True))
    damaged = client(directAccessGrants=unreadable("it is a placeholder", damaged=True))
    assert report(PASSWORDS, damaged, waivers=waivers).unreadable


@pytest.mark.parametrize(("rule", "changes"), BREAKS)
def test_whatever_a_rule_finds_passes_once_it_is_written_into_a_stack_file(rule, changes, tmp_path):
    snapshot = broken(rule, changes)
    found = evaluate(snapshot, RulesConfig(), only=[rule], today=TODAY).findings
    assert found
    file = tmp_path / "rules.yaml"
    file.write_text(dump({"rules": {"waivers": baseline.waivers(found, TODAY)}}))
    config = read(load(file), source=str(file)).rules
    after = evaluate(snapshot, config, only=[rule], today=TODAY)
    assert (after.findings, after.unused) == ((), ())
    assert len(after.waived) == len(found)
