"""Reports of what the rules found, one module for each format; each has ``written(report, subject)``."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision._lib.styled_text import printable
from provision.rules.judgement import Undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provision.rules.judgement import Finding, Report
    from provision.rules.rule import Profile

_MODULES: Final = {"text": "text", "json": "json_document", "sarif": "sarif", "junit": "junit"}
FORMATS: Final = tuple(_MODULES)
"""The formats, the one for people first."""
_LONGEST_VALUE: Final = 60


@dataclass(frozen=True)
class Subject:
    """What was looked at.

    Args:
        name: In words, such as ``realm mcp at https://login.example.org``.
        profile: What it is for.
        where: The file or address that a code host links a finding to.
    """

    name: str
    profile: Profile
    where: str


def written(report: Report, subject: Subject, form: str) -> str:
    """The report as text of one of the formats.

    Args:
        report: What was found.
        subject: What was looked at.
        form: One of :data:`FORMATS`.
    """
    module = importlib.import_module(f"{__name__}.{_MODULES[form]}")
    write: Callable[[Report, Subject], str] = module.written
    return write(report, subject)


def sentence(finding: Finding) -> str:
    """What is wrong with which object, as every report says it.

    Args:
        finding: The finding.
    """
    return f"{finding.name}: {printable(finding.message)}"


def sentence_of_several(findings: Sequence[Finding]) -> str:
    """The same of the first of those that break one rule, and how many there are besides.

    Args:
        findings: One at least.
    """
    further = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return sentence(findings[0]) + further


def place(finding: Finding) -> str:
    """The property and its value; empty for the object as a whole.

    Args:
        finding: The finding.
    """
    return f"{printable(finding.path)} = {shown_value(finding.actual)}" if finding.path else ""


def shown_value(value: Any) -> str:
    """A value on a part of a line.

    Args:
        value: What JSON can hold, or what has a text of its own.
    """
    text = printable(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def in_one_line(item: Finding | Undecided) -> str:
    """All that concerns one object, for reports without lines of their own.

    Args:
        item: A finding, or what can't be told.
    """
    if isinstance(item, Undecided):
        where = f" ({printable(item.path)})" if item.path else ""
        return f"{item.name}{where}: {printable(item.why)}"
    where = f" ({place(item)})" if item.path else ""
    return f"{sentence(item)}{where}. Fix: {printable(item.fix)}"
