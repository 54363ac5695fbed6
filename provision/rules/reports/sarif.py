"""The report for code hosts: SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from provision.rules.reports import shown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.rules.judgement import Finding, Report
    from provision.rules.reports import Subject
    from provision.rules.rule import Rule, Severity

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES: Final[Mapping[Severity, str]] = {"high": "8.0", "medium": "5.0", "low": "2.0"}
"""What code hosts make high, medium and low of (their key ``security-severity``)."""


def written(report: Report, subject: Subject) -> str:
    """One run with all rules that were asked; what can't be told is a result of kind ``open``."""
    places = {rule.id: number for number, rule in enumerate(report.rules)}
    results = [
        *(_finding(finding, subject, places) for finding in (*report.findings, *report.waived)),
        *_open(report, subject, places),
    ]
    driver = {
        "name": "provision audit",
        "version": version("mcp-provision"),
        "informationUri": "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
        "rules": [_rule(rule) for rule in report.rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"provision-audit/{subject.name}"},
        "columnKind": "utf16CodeUnits",
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\nFix: {rule.fix}\nSee {rule.see}"},
        "helpUri": rule.see,
        "properties": {
            "security-severity": _SCORES[rule.severity],
            "tags": ["security", rule.group or "rules"],
        },
    }


def _finding(finding: Finding, subject: Subject, places: Mapping[str, int]) -> dict[str, Any]:
    result = _result(finding.rule, finding.resource, finding.path, subject, places) | {
        "kind": "fail",
        "level": "error" if finding.level == "mandatory" else "warning",
        "message": {"text": f"{shown_name(finding.resource)}: {finding.message}. Fix: {finding.fix}"},
    }
    if finding.waiver is not None:
        text = f"{finding.waiver.reason} (until {finding.waiver.expires})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": text}]
    return result


def _open(report: Report, subject: Subject, places: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for item in report.undecided:
        yield _result(item.rule, item.resource, item.path, subject, places) | {
            "kind": "open",
            "level": "none",
            "message": {"text": f"{shown_name(item.resource)}: it can't be told: {item.why}"},
        }


def _result(
    rule: Rule, resource: str, path: str, subject: Subject, places: Mapping[str, int]
) -> dict[str, Any]:
    """What all results say; a code host knows the same one again by its fingerprint."""
    same = hashlib.sha256(f"{rule.id}\0{resource}\0{path}".encode()).hexdigest()
    full = f"{resource}.{path}" if path else resource
    location = {
        "physicalLocation": {"artifactLocation": {"uri": subject.where}, "region": {"startLine": 1}},
        "logicalLocations": [
            {"name": shown_name(resource), "fullyQualifiedName": full, "kind": "resource"},
        ],
    }
    return {
        "ruleId": rule.id,
        "ruleIndex": places[rule.id],
        "locations": [location],
        "partialFingerprints": {"ruleResourcePath/v1": same},
    }
