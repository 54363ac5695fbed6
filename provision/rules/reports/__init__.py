"""Reports of an evaluation, one module for each format; each has ``written(report, subject)``."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision._lib.styled_text import printable
from provision.rules.evaluation import InconclusiveResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provision.config.profile import Profile
    from provision.rules.evaluation import Finding, Report

_MODULES: Final = {"text": "text", "json": "json_document", "sarif": "sarif", "junit": "junit"}
FORMATS: Final = tuple(_MODULES)
"""The formats; the first is for people."""
_LONGEST_VALUE: Final = 60


def _first_line(resource: str) -> int:
    del resource
    return 1


@dataclass(frozen=True)
class Subject:
    """The subject of a report.

    Args:
        name: The subject in words, such as ``realm mcp at https://login.example.org``.
        profile: The purpose of the stack or realm.
        where: The file or address that a code host links findings to.
        line_of: Returns the line of that file for the name of a resource.
    """

    name: str
    profile: Profile
    where: str
    line_of: Callable[[str], int] = _first_line


def written(report: Report, subject: Subject, form: str) -> str:
    """Return the report in one of the formats.

    Args:
        report: The evaluation.
        subject: The subject of the report.
        form: One of :data:`FORMATS`.
    """
    module = importlib.import_module(f"{__name__}.{_MODULES[form]}")
    write: Callable[[Report, Subject], str] = module.written
    return write(report, subject)


def sentence(finding: Finding) -> str:
    """Return a finding in one sentence.

    Args:
        finding: The finding.
    """
    return f"{finding.name}: {printable(finding.message)}"


def sentence_of_several(findings: Sequence[Finding]) -> str:
    """Return the first of several findings of one rule, and the number of the others.

    Args:
        findings: The findings, at least one.
    """
    further = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return sentence(findings[0]) + further


def place(finding: Finding) -> str:
    """Return the property and its value; empty for the resource as a whole.

    Args:
        finding: The finding.
    """
    return f"{printable(finding.path)} = {shown_value(finding.actual)}" if finding.path else ""


def shown_value(value: Any) -> str:
    """Return a value as part of a line.

    Args:
        value: Plain data, or an object with a text of its own.
    """
    text = printable(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def in_one_line(item: Finding | InconclusiveResult) -> str:
    """Return a finding or an inconclusive result in full, for reports without layout.

    Args:
        item: The finding or inconclusive result.
    """
    if isinstance(item, InconclusiveResult):
        where = f" ({printable(item.path)})" if item.path else ""
        return f"{item.name}{where}: {printable(item.why)}"
    where = f" ({place(item)})" if item.path else ""
    return f"{sentence(item)}{where}. Fix: {printable(item.fix)}"
