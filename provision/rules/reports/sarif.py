"""The report for code hosts: SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from provision._lib.styled_text import printable
from provision.rules.evaluation import InconclusiveResult
from provision.rules.reports import in_one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.rules.definition import Rule, Severity
    from provision.rules.evaluation import Finding, Report
    from provision.rules.reports import Subject

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES: Final[Mapping[Severity, str]] = {"high": "8.0", "medium": "5.0", "low": "2.0"}
"""The values of ``security-severity`` that code hosts read as high, medium and low."""


def written(report: Report, subject: Subject) -> str:
    """Return one run with all evaluated rules; an inconclusive rule is a result of kind ``open``, or fails for a value that is there."""
    places = {rule.id: number for number, rule in enumerate(report.rules)}
    alike: Counter[tuple[str, str, str]] = Counter()
    results = []
    items: tuple[Finding | InconclusiveResult, ...] = (*report.findings, *report.waived, *report.inconclusive)
    for item in items:
        key = (item.rule.id, item.resource, item.path)
        results.append(
            {
                "ruleId": item.rule.id,
                "ruleIndex": places[item.rule.id],
                **_said(item),
                "locations": [_location(item, subject)],
                "partialFingerprints": {"ruleResourcePath/v1": _fingerprint(*key, alike[key])},
            }
        )
        alike[key] += 1
    driver = {
        "name": "provision audit",
        "version": version("mcp-provision"),
        "informationUri": "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
        "rules": [_rule(rule) for rule in report.rules],
    }
    run = {
        "tool": {"driver": driver},
        # A slash at the end: the id names a kind of run (section 3.17.3), not this run.
        "automationDetails": {"id": f"provision-audit/{printable(subject.name)}/"},
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


def _said(item: Finding | InconclusiveResult) -> dict[str, Any]:
    """Return the kind of a result, and its text."""
    if isinstance(item, InconclusiveResult):
        text = in_one_line(item)
        if item.unreadable:
            level = "error" if item.level == "mandatory" else "warning"
            return {"kind": "fail", "level": level, "message": {"text": f"Can't be read: {text}"}}
        return {"kind": "open", "level": "none", "message": {"text": f"Can't be told: {text}"}}
    said: dict[str, Any] = {
        "kind": "fail",
        "level": "error" if item.level == "mandatory" else "warning",
        "message": {"text": in_one_line(item)},
    }
    if item.waiver is not None:
        text = printable(f"{item.waiver.reason} (until {item.waiver.expires})")
        said["suppressions"] = [{"kind": "external", "status": "accepted", "justification": text}]
    return said


def _location(item: Finding | InconclusiveResult, subject: Subject) -> dict[str, Any]:
    full = f"{item.resource}.{item.path}" if item.path else item.resource
    where = subject.where if ":/" in subject.where else quote(subject.where)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": where},
            "region": {"startLine": subject.line_of(item.resource)},
        },
        "logicalLocations": [{"name": item.name, "fullyQualifiedName": printable(full), "kind": "resource"}],
    }


def _fingerprint(rule: str, resource: str, path: str, number: int) -> str:
    """Return the fingerprint by which a code host recognizes a result; a property may have several results."""
    parts = (rule, resource, path, *([str(number)] if number else []))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
