"""The report for build servers: JUnit XML, one test case for each evaluated rule."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from provision._lib.styled_text import printable
from provision.rules.reports import in_one_line, sentence_of_several

if TYPE_CHECKING:
    from provision.rules.definition import Rule
    from provision.rules.evaluation import Report
    from provision.rules.reports import Subject


def written(report: Report, subject: Subject) -> str:
    """Return the report as XML.

    A mandatory finding fails the rule's test case, and so does a value that is there and cannot be read. Advice and waived
    findings are the test case's output, and any other inconclusive rule is skipped.
    """
    cases = [_case(rule, report) for rule in report.rules]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
    }
    suite = ET.Element("testsuite", {"name": printable(f"provision audit of {subject.name}"), **counts})
    suite.extend(cases)
    suites = ET.Element("testsuites", counts)
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _case(rule: Rule, report: Report) -> ET.Element:
    case = ET.Element(
        "testcase", {"classname": f"provision.rules.{rule.group}", "name": rule.id, "time": "0"}
    )
    found = [finding for finding in report.findings if finding.rule.id == rule.id]
    failed = [finding for finding in found if finding.level == "mandatory"]
    inconclusive = [item for item in report.inconclusive if item.rule.id == rule.id]
    unread = [item for item in inconclusive if item.unreadable and item.level == "mandatory"]
    if failed:
        said = {"type": rule.severity, "message": sentence_of_several(failed)}
        failure = ET.SubElement(case, "failure", said)
        failure.text = printable_lines([*map(in_one_line, failed), f"Why: {rule.why}", rule.see])
    elif unread:
        failure = ET.SubElement(case, "failure", {"type": rule.severity, "message": in_one_line(unread[0])})
        failure.text = printable_lines([*map(in_one_line, unread)])
    elif inconclusive:
        reasons = dict.fromkeys(map(in_one_line, inconclusive))
        ET.SubElement(case, "skipped", {"message": "; ".join(reasons)})
    advice = [in_one_line(finding) for finding in found if finding.level == "advisory"]
    advice += [
        f"waived until {finding.waiver.expires}: {in_one_line(finding)} ({finding.waiver.reason})"
        for finding in report.waived
        if finding.rule.id == rule.id and finding.waiver is not None
    ]
    if advice:
        ET.SubElement(case, "system-out").text = printable_lines(advice)
    return case


def printable_lines(lines: list[str]) -> str:
    """Return lines in characters that XML allows."""
    return "\n".join(map(printable, lines))
