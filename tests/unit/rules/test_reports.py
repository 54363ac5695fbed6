"""The four reports say the same: for people, programs, code hosts and build servers."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from provision._lib.styled_text import plain
from provision.cli import findings
from provision.cli.screen import Screen
from provision.config.rules import WaiverConfig
from provision.rules import checks
from provision.rules.evaluation import Finding, InconclusiveResult, Report
from provision.rules.reports import FORMATS, Subject, written
from provision.rules.reports.explanation import explained
from provision.rules.reports.text import WIDTH, brief, lines

RULE = checks.rule("client-password-grant")
URN = "urn:pulumi:dev::p::provision:index:McpStack$provision:keycloak:Client::mcp-client"
WAIVER = WaiverConfig(
    rule=RULE.id, resource="*legacy*", reason="moves with release 4", expires=date(2026, 6, 1)
)
SUBJECT = Subject("realm mcp at https://login.example.org", "prod", "Pulumi.prod.yaml")


def finding(resource=URN, level="mandatory", rule=RULE, **more):
    words = {
        "path": "directAccessGrants",
        "actual": True,
        "message": "takes passwords\x1b[2J",
        "fix": RULE.fix,
    }
    return Finding(rule, level, resource, **words | more)


REPORT = Report(
    findings=(finding(), finding("client b\x1b[2J\nin realm mcp " + "long " * 40, "advisory")),
    inconclusive=(InconclusiveResult(RULE, "Client", "", "the service account lacks the role view-clients"),),
    waived=(finding("client legacy in realm mcp", waiver=WAIVER),),
    expired=(WAIVER,),
    unused=(WAIVER,),
    rules=(RULE,),
)
CLEAN = Report(rules=(RULE,))


ODD = "\x1b[2J\x1b]0;x\x07\u202e\x9b\n✓ nothing found"
"""What clears a screen, names a window, turns the direction of writing and looks like an end."""
ODD_WAIVER = WaiverConfig(rule=RULE.id, resource=ODD, reason=ODD, expires=date(2026, 6, 1))
ODD_FINDING = finding(f"client {ODD}", path=ODD, actual={ODD: [ODD]}, message=ODD, fix=ODD)
ODD_REPORT = Report(
    findings=(ODD_FINDING, finding(f"{URN}{ODD}", actual=ODD, level="advisory")),
    inconclusive=(
        InconclusiveResult(RULE, ODD, ODD, ODD),
        InconclusiveResult(RULE, URN, ODD, ODD, words=ODD),
    ),
    waived=(finding(ODD, waiver=ODD_WAIVER),),
    expired=(ODD_WAIVER,),
    unused=(ODD_WAIVER,),
    rules=(RULE,),
)
ODD_SUBJECT = Subject(f"realm {ODD}", "prod", "realm.json")


def text(report, width=WIDTH):
    return [plain(line) for line in lines(report, SUBJECT, width)]


@pytest.mark.parametrize("width", [WIDTH, 80, 40])
def test_text_is_no_wider_than_asked(width):
    shown = text(REPORT, width)
    assert [line for line in shown if len(line) > width and " " in line.strip()] == []
    assert max(len(line) for line in shown if "https://" not in line) > width * 3 / 4


def test_text_says_all_there_is():
    shown = text(REPORT)
    assert shown[0] == "realm mcp at https://login.example.org · profile prod · 1 security rule"
    for line in (
        "✗ HIGH  client-password-grant  No client takes passwords",
        "  • client mcp-client: takes passwords�[2J",
        "    directAccessGrants = true",
        "  Fix: directAccessGrants: false",
        f"  {RULE.see}",
        "  ? the service account lacks the role view-clients: Client",
        "    for client-password-grant",
        "  • client-password-grant  waived until 2026-06-01: moves with release 4",
        "    for client legacy in realm mcp",
        "  ! the waiver for client-password-grant ended on 2026-06-01; what it let pass counts again",
        "  ? the waiver for client-password-grant lets nothing pass; take it out",
        "    for *legacy*: moves with release 4",
        "✗ 1 finding fails (1 high), 1 finding is advice, 1 waived, 1 rule can't be told",
    ):
        assert line in shown
    assert f"Why: {RULE.why}" in " ".join(" ".join(shown).split())


def test_text_without_styles_is_the_same():
    assert written(REPORT, SUBJECT, "text").splitlines() == text(REPORT)


def test_text_of_nothing_says_so():
    assert text(CLEAN)[-1] == "✓ nothing found"


def test_text_of_what_can_not_be_told_does_not_say_that_all_is_well():
    assert text(Report(inconclusive=REPORT.inconclusive))[-1] == "? nothing found, 1 rule can't be told"


def test_text_keeps_a_long_list_short():
    many = Report(findings=tuple(finding(f"client {number}") for number in range(50)), rules=(RULE,))
    shown = text(many)
    assert "  … and 30 more; --json has all" in shown
    assert shown.count("  Fix: directAccessGrants: false") == 1


def test_fixes_that_differ_stand_with_their_objects():
    shown = text(Report(findings=(finding("client a", fix="a: 1"), finding("client b", fix="b: 1"))))
    assert shown[3:9] == [
        "  • client a: takes passwords�[2J",
        "    directAccessGrants = true",
        "    Fix: a: 1",
        "  • client b: takes passwords�[2J",
        "    directAccessGrants = true",
        "    Fix: b: 1",
    ]
    assert [line for line in shown if line.startswith("  Fix:")] == []


def test_a_property_with_several_faults_is_shown_once():
    one = Report(findings=(finding("client a", message="x"), finding("client a", message="y")))
    assert text(one)[3:6] == ["  • client a: x", "  • client a: y", "    directAccessGrants = true"]


def test_what_can_not_be_told_is_said_by_object():
    paths = (InconclusiveResult(RULE, "client a", path, "not shown here") for path in "gfedcba")
    shown = text(
        Report(inconclusive=(*paths, InconclusiveResult(RULE, "client b", "secret", "not shown here")))
    )
    assert "  ? not shown here: client a (a, b, c, d, e, 2 more); client b (secret)" in shown


def test_an_up_says_in_short_what_has_to_be_mended():
    other = checks.rule("client-implicit-flow")
    report = Report(
        findings=(finding("client a"), finding("client b"), finding("client a", rule=other, message="x")),
        expired=(WAIVER,),
    )
    assert [plain(line) for line in brief(report, "`provision preview`")] == [
        "",
        "  ✗ client-password-grant  client a: takes passwords�[2J (and 1 more)",
        "  ✗ client-implicit-flow  client a: x",
        "  ! the waiver for client-password-grant ended on 2026-06-01",
        "  ✗ 3 findings fail (3 high)",
        "    `provision preview` says why and what mends it",
    ]


def test_an_up_stays_short_however_much_is_wrong():
    every = Report(findings=tuple(finding(rule=rule) for rule in checks.rules()))
    shown = [plain(line) for line in brief(every, "`provision preview`")]
    assert f"  ✗ and {len(checks.rules()) - 5} more rules" in shown
    assert len(shown) < 12


def test_an_up_says_nothing_when_all_is_well():
    assert [*brief(Report(inconclusive=REPORT.inconclusive), "`provision preview`")] == []


@pytest.mark.parametrize("report", [ODD_REPORT, Report(inconclusive=ODD_REPORT.inconclusive, rules=(RULE,))])
@pytest.mark.parametrize("form", ["text", "junit"])
def test_nothing_that_others_chose_is_more_than_text(form, report):
    shown = written(report, ODD_SUBJECT, form)
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert "\n✓ nothing found" not in shown


@pytest.mark.parametrize("form", FORMATS)
def test_no_name_moves_the_cursor(form):
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*written(ODD_REPORT, ODD_SUBJECT, form)}


def test_what_a_code_host_shows_is_text():
    (run,) = json.loads(written(ODD_REPORT, ODD_SUBJECT, "sarif"))["runs"]
    shown = [*_texts(run["results"]), *_texts(run["automationDetails"])]
    assert len(shown) > 20
    assert [text for text in shown if not text.isprintable()] == []


def _texts(document):
    if isinstance(document, str):
        return [document]
    parts = (
        document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    )
    return [text for part in parts for text in _texts(part)]


def test_neither_a_preview_nor_an_up_prints_what_moves_the_cursor(capsys):
    with Screen() as screen:
        findings.show(screen, ODD_REPORT, ODD_SUBJECT)
        findings.mention(screen, ODD_REPORT)
    shown = capsys.readouterr().err
    assert "takes passwords�[2J" in shown
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert "\n✓ nothing found" not in shown


def test_json_keeps_the_contract():
    document = json.loads(written(REPORT, SUBJECT, "json"))
    assert document["findings"][0] == {
        "rule": RULE.id,
        "severity": "high",
        "level": "mandatory",
        "resource": URN,
        "name": "client mcp-client",
        "path": "directAccessGrants",
        "actual": True,
        "message": "takes passwords\x1b[2J",
        "why": RULE.why,
        "fix": RULE.fix,
        "see": RULE.see,
    }
    assert document["undecided"][0].keys() == {"rule", "resource", "name", "path", "why", "unreadable"}
    assert document["waived"][0]["waived"] == {"reason": "moves with release 4", "expires": "2026-06-01"}
    assert document["expired"] == document["unused"]
    assert document["expired"][0] == {
        "rule": RULE.id,
        "resource": "*legacy*",
        "reason": "moves with release 4",
        "expires": "2026-06-01",
    }
    assert (document["subject"], document["profile"], document["rules"]) == (SUBJECT.name, "prod", 1)


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
    assert failure.get("message") == "client mcp-client: takes passwords�[2J"
    assert "client mcp-client: takes passwords�[2J (directAccessGrants = true). Fix:" in failure.text
    assert f"Why: {RULE.why}" in failure.text
    assert "moves with release 4" in case.find("system-out").text
    assert (suites.get("tests"), suites.get("failures"), suites.get("skipped")) == ("1", "1", "0")


def test_junit_says_how_many_break_a_rule():
    several = Report(findings=(finding("client a"), finding("client b")), rules=(RULE,))
    failure = ET.fromstring(written(several, SUBJECT, "junit")).find(".//failure")
    assert failure.get("message") == "client a: takes passwords�[2J (and 1 more)"


def test_what_can_not_be_told_is_said_with_its_property():
    one = Report(
        inconclusive=(InconclusiveResult(RULE, "client a", "secret", "not shown here"),), rules=(RULE,)
    )
    skipped = ET.fromstring(written(one, SUBJECT, "junit")).find(".//skipped")
    assert skipped.get("message") == "client a (secret): not shown here"
    (result,) = json.loads(written(one, SUBJECT, "sarif"))["runs"][0]["results"]
    assert result["message"]["text"] == "Can't be told: client a (secret): not shown here"


def test_junit_skips_what_can_not_be_told_and_lets_advice_pass():
    inconclusive = ET.fromstring(
        written(Report(inconclusive=REPORT.inconclusive, rules=(RULE,)), SUBJECT, "junit")
    )
    assert "view-clients" in inconclusive.find(".//skipped").get("message")
    advice = ET.fromstring(
        written(Report(findings=(finding(level="advisory"),), rules=(RULE,)), SUBJECT, "junit")
    )
    assert advice.get("failures") == "0"
    assert "takes passwords" in advice.find(".//system-out").text


def test_sarif_tells_two_faults_of_one_property_apart():
    one = Report(findings=(finding(message="x"), finding(message="y")), rules=(RULE,))
    results = json.loads(written(one, SUBJECT, "sarif"))["runs"][0]["results"]
    assert len({item["partialFingerprints"]["ruleResourcePath/v1"] for item in results}) == 2


@pytest.mark.parametrize(
    ("where", "uri"),
    [
        ("exports/my realm.json", "exports/my%20realm.json"),
        ("https://login.example.org/realms/mcp", "https://login.example.org/realms/mcp"),
    ],
)
def test_sarif_names_the_place_by_a_uri(where, uri):
    run = json.loads(written(REPORT, Subject("realm mcp", "prod", where), "sarif"))["runs"][0]
    places = [item["locations"][0]["physicalLocation"]["artifactLocation"] for item in run["results"]]
    assert places == [{"uri": uri}] * len(run["results"])


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
@pytest.mark.parametrize("width", [WIDTH, 80])
def test_a_rule_can_be_explained(rule, width):
    shown = [plain(line) for line in explained(rule, width)]
    for words in (rule.title, rule.id, rule.see, *(f"{name}:" for name in rule.parameters)):
        assert words in " ".join(" ".join(shown).split())
    assert [line for line in shown if len(line) > width and " " in line.strip()] == []


@pytest.mark.parametrize("level", ["mandatory", "advisory"])
def test_what_can_not_be_read_is_said_as_loudly_as_what_is_wrong(level):
    item = InconclusiveResult(
        RULE, URN, "enabled", "a placeholder stands there", level=level, unreadable=True
    )
    report = Report(inconclusive=(item,), rules=(RULE,))
    assert report.fails is (level == "mandatory")
    text = written(report, SUBJECT, "text")
    assert "Can't be read" in text
    assert "nothing found" not in text
    assert ("✗ 1 rule could not read a value" in text) is (level == "mandatory")
    assert json.loads(written(report, SUBJECT, "json"))["undecided"][0]["unreadable"]
    (result,) = json.loads(written(report, SUBJECT, "sarif"))["runs"][0]["results"]
    assert (result["kind"], result["level"]) == ("fail", "error" if level == "mandatory" else "warning")
    failures = ET.fromstring(written(report, SUBJECT, "junit")).findall(".//failure")
    assert len(failures) == (1 if level == "mandatory" else 0)
