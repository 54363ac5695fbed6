"""The four reports say the same: for people, programs, code hosts and build servers."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree as ET

import click
import pytest

from provision.config.rules import WaiverConfig
from provision.rules import book
from provision.rules.judgement import Finding, Report, Undecided
from provision.rules.reports import FORMATS, Subject, shown_name, written
from provision.rules.reports.text import WIDTH, explained

RULE = book.rule("client-password-grant")
URN = "urn:pulumi:dev::p::provision:index:McpStack$provision:keycloak:Client::mcp-client"
WAIVER = WaiverConfig(
    rule=RULE.id, resource="*legacy*", reason="moves with release 4", expires=date(2026, 6, 1)
)
SUBJECT = Subject("realm mcp at https://login.example.org", "prod", "Pulumi.prod.yaml")


def finding(resource=URN, level="mandatory", **more):
    return Finding(
        RULE,
        level,
        resource,
        path="directAccessGrants",
        actual=True,
        message="takes passwords\x1b[2J",
        fix=RULE.fix,
        **more,
    )


REPORT = Report(
    findings=(finding(), finding("client b\x1b[2J\nin realm mcp " + "long " * 40, "advisory")),
    undecided=(Undecided(RULE, "Client", "", "the service account lacks the role view-clients"),),
    waived=(finding("client legacy in realm mcp", waiver=WAIVER),),
    expired=(WAIVER,),
    unused=(WAIVER,),
    rules=(RULE,),
)
CLEAN = Report(rules=(RULE,))


def text(report):
    return written(report, SUBJECT, "text")


def test_text_fits_a_hundred_columns():
    lines = click.unstyle(text(REPORT)).splitlines()
    assert [line for line in lines if len(line) > WIDTH and "https://" not in line] == []


def test_text_says_all_there_is():
    plain = click.unstyle(text(REPORT))
    assert plain.startswith("realm mcp at https://login.example.org · profile prod · 1 rule\n")
    for words in (
        "HIGH No client takes passwords  client-password-grant",
        "✗ Client mcp-client  directAccessGrants = true",
        "fix: directAccessGrants: false",
        RULE.see,
        "? the service account lacks the role view-clients",
        "until 2026-06-01: moves with release 4",
        "Waivers that are over",
        "Waivers that let nothing pass",
        "✗ 1 finding fails (1 high), 1 is advice, 1 waived, 1 rule can't be told",
    ):
        assert words in plain


def test_text_of_nothing_says_so():
    assert click.unstyle(text(CLEAN)).splitlines()[-1] == "✓ nothing found"


def test_text_keeps_a_long_list_short():
    many = Report(findings=tuple(finding(f"client {number}") for number in range(50)), rules=(RULE,))
    assert "… and 30 more; --format json has all" in text(many)


@pytest.mark.parametrize("form", FORMATS)
def test_no_name_moves_the_cursor(form):
    assert "\x1b[2J" not in written(REPORT, SUBJECT, form)


def test_json_keeps_the_contract():
    document = json.loads(written(REPORT, SUBJECT, "json"))
    assert document["findings"][0] == {
        "rule": RULE.id,
        "severity": "high",
        "level": "mandatory",
        "resource": URN,
        "path": "directAccessGrants",
        "actual": True,
        "message": "takes passwords\x1b[2J",
        "why": RULE.why,
        "fix": RULE.fix,
        "see": RULE.see,
    }
    assert document["undecided"][0].keys() == {"rule", "resource", "path", "why"}
    assert document["waived"][0]["waived"] == {"reason": "moves with release 4", "expires": "2026-06-01"}
    assert document["expired"] == document["unused"]
    assert document["expired"][0]["rule"] == RULE.id


def test_sarif_has_what_code_hosts_read():
    document = json.loads(written(REPORT, SUBJECT, "sarif"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    (described,) = run["tool"]["driver"]["rules"]
    assert described["id"] == RULE.id
    assert described["helpUri"] == RULE.see
    assert described["properties"]["security-severity"] == "8.0"
    results = run["results"]
    assert [(item["kind"], item["level"]) for item in results] == [
        ("fail", "error"),
        ("fail", "warning"),
        ("fail", "error"),
        ("open", "none"),
    ]
    for item in results:
        assert item["ruleId"] == run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"]
        assert item["message"]["text"]
        (place,) = item["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.prod.yaml"
        assert place["logicalLocations"][0]["fullyQualifiedName"]
    assert results[2]["suppressions"][0]["status"] == "accepted"
    assert len({item["partialFingerprints"]["ruleResourcePath/v1"] for item in results}) == len(results)


def test_sarif_knows_the_same_finding_again():
    first, second = (json.loads(written(REPORT, SUBJECT, "sarif")) for _ in range(2))
    assert first == second


def test_junit_fails_the_rule_that_is_broken():
    suites = ET.fromstring(written(REPORT, SUBJECT, "junit"))
    (case,) = suites.iter("testcase")
    assert case.get("name") == RULE.id
    failure = case.find("failure")
    assert "Client mcp-client" in failure.text
    assert "moves with release 4" in case.find("system-out").text
    assert (suites.get("tests"), suites.get("failures"), suites.get("skipped")) == ("1", "1", "0")


def test_junit_skips_what_can_not_be_told_and_lets_advice_pass():
    undecided = ET.fromstring(written(Report(undecided=REPORT.undecided, rules=(RULE,)), SUBJECT, "junit"))
    assert "view-clients" in undecided.find(".//skipped").get("message")
    advice = ET.fromstring(
        written(Report(findings=(finding(level="advisory"),), rules=(RULE,)), SUBJECT, "junit")
    )
    assert advice.get("failures") == "0"
    assert "takes passwords" in advice.find(".//system-out").text


@pytest.mark.parametrize("rule", book.rules(), ids=lambda rule: rule.id)
def test_a_rule_can_be_explained(rule):
    plain = click.unstyle(explained(rule))
    for words in (rule.title, rule.id, rule.see):
        assert words in plain
    assert [line for line in plain.splitlines() if len(line) > WIDTH and "https://" not in line] == []
    for name in rule.parameters:
        assert f"{name}:" in plain


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (URN, "Client mcp-client"),
        ("urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev", "Stack p-dev"),
        ("urn:pulumi:dev::p::provision:keycloak:ClientScope::mcp::tools", "ClientScope mcp::tools"),
        ("client cli in realm mcp", "client cli in realm mcp"),
    ],
)
def test_a_urn_is_shown_as_kind_and_name(resource, name):
    assert shown_name(resource) == name
