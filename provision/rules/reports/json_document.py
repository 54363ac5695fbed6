"""The report for programs: one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provision.config.rules import WaiverConfig
    from provision.rules.judgement import Report
    from provision.rules.reports import Subject


def written(report: Report, subject: Subject) -> str:
    """Findings, what can't be told, and what is waived."""
    document = {
        "subject": subject.name,
        "profile": subject.profile,
        "rules": len(report.rules),
        "findings": [finding.as_json() for finding in report.findings],
        "undecided": [item.as_json() for item in report.undecided],
        "waived": [finding.as_json() for finding in report.waived],
        "expired": [_waiver(waiver) for waiver in report.expired],
        "unused": [_waiver(waiver) for waiver in report.unused],
    }
    return json.dumps(document, indent=2)


def _waiver(waiver: WaiverConfig) -> dict[str, Any]:
    return {
        "rule": waiver.rule,
        "resource": waiver.resource,
        "reason": waiver.reason,
        "expires": str(waiver.expires),
    }
