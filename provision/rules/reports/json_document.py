"""The report for programs: one JSON document, the same from each command that asks the rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.rules.judgement import Report
    from provision.rules.reports import Subject


def document(report: Report, subject: Subject) -> dict[str, Any]:
    """Findings, what can't be told, and what is waived, as plain data.

    Args:
        report: What was found.
        subject: What was looked at.
    """
    return {
        "subject": subject.name,
        "profile": subject.profile,
        "rules": len(report.rules),
        "findings": [finding.as_json() for finding in report.findings],
        "undecided": [item.as_json() for item in report.undecided],
        "waived": [finding.as_json() for finding in report.waived],
        "expired": [waiver.model_dump(mode="json") for waiver in report.expired],
        "unused": [waiver.model_dump(mode="json") for waiver in report.unused],
    }


def written(report: Report, subject: Subject) -> str:
    """The document as text."""
    return json.dumps(document(report, subject), indent=2)
