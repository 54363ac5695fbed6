"""The report for programs: one JSON document, the same from every command that evaluates rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.rules.evaluation import Report
    from provision.rules.reports import Subject


def document(report: Report, subject: Subject) -> dict[str, Any]:
    """Return findings, inconclusive results and waived findings as plain data.

    Args:
        report: The evaluation.
        subject: The subject of the report.
    """
    return {
        "subject": subject.name,
        "profile": subject.profile,
        "rules": len(report.rules),
        "findings": [finding.as_json() for finding in report.findings],
        "undecided": [item.as_json() for item in report.inconclusive],
        "waived": [finding.as_json() for finding in report.waived],
        "expired": [waiver.model_dump(mode="json", exclude_none=True) for waiver in report.expired],
        "unused": [waiver.model_dump(mode="json", exclude_none=True) for waiver in report.unused],
    }


def written(report: Report, subject: Subject) -> str:
    """Return the document as text."""
    return json.dumps(document(report, subject), indent=2)
