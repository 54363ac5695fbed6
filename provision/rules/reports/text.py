"""The report for people: a block for each broken rule, mandatory and severe ones first."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final

from provision._lib.counts import counted
from provision._lib.styled_text import laid_out, plain, printable
from provision.rules.reports import place, sentence, sentence_of_several, shown_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision._lib.styled_text import Line, Paragraph, Segment
    from provision.config.rules import WaiverConfig
    from provision.rules.definition import Rule
    from provision.rules.evaluation import Finding, InconclusiveResult, Report
    from provision.rules.reports import Subject

WIDTH: Final = 100
_MOST: Final = 20
"""The number of findings of one rule that are shown; other formats show all."""
_MOST_IN_BRIEF: Final = 5
_MOST_NAMES: Final = 5
_MANDATORY: Final = ("✗ ", "bold red")
_ADVICE: Final = ("! ", "bold yellow")
_OPEN: Final = ("? ", "cyan")
_KEPT: Final = ("✓ ", "green")


def written(report: Report, subject: Subject) -> str:
    """Return the report without styles, for a file."""
    return "\n".join(map(plain, lines(report, subject)))


def lines(report: Report, subject: Subject, width: int = WIDTH) -> Iterator[Line]:
    """Yield the lines of the whole report.

    Args:
        report: The evaluation.
        subject: The subject of the report.
        width: The width in columns.
    """
    parts = [*_blocks(report), *_unreadable(report), *_undecided(report), *_waivers(report)]
    between: list[Paragraph] = [(0, "")] if parts else []
    return laid_out([_title(report, subject), *parts, *between, (2, *_summary(report))], width)


def brief(report: Report, more: str, width: int = WIDTH) -> Iterator[Line]:
    """Yield the lines of a summary, one for each broken rule; none without findings.

    Args:
        report: The evaluation.
        more: The command that shows the whole report.
        width: The width in columns.
    """
    return laid_out(_brief(report, more), width)


def _title(report: Report, subject: Subject) -> Paragraph:
    asked = counted(len(report.rules), "security rule", "security rules")
    return 2, (printable(subject.name), "bold"), f" · profile {subject.profile} · {asked}"


def _blocks(report: Report) -> Iterator[Paragraph]:
    for rule, findings in groupby(report.findings, key=lambda finding: finding.rule):
        yield 0, ""
        yield from _block(rule, [*findings])


def _block(rule: Rule, findings: list[Finding]) -> Iterator[Paragraph]:
    yield 2, *_heading(findings[0]), "  ", (rule.id, "bold"), f"  {rule.title}"
    fixes = {finding.fix for finding in findings}
    shown = findings[:_MOST]
    for finding, following in zip(shown, [*shown[1:], None], strict=True):
        yield 4, f"  • {sentence(finding)}"
        if finding.path and not _same_place(finding, following):
            yield 6, "    ", (place(finding), "cyan")
        if len(fixes) > 1:
            yield 9, *_fix(finding, "    ")
    if len(findings) > _MOST:
        yield 4, f"  … and {len(findings) - _MOST} more; --json has all"
    yield 7, f"  Why: {rule.why}"
    if len(fixes) == 1:
        yield 7, *_fix(findings[0], "  ")
    yield 2, (f"  {rule.see}", "dim")


def _same_place(finding: Finding, following: Finding | None) -> bool:
    """Return whether the next finding is about the same property, which is shown after the last one only."""
    return following is not None and (finding.name, place(finding)) == (following.name, place(following))


def _heading(finding: Finding) -> tuple[Segment, Segment]:
    sign, style = _MANDATORY if finding.level == "mandatory" else _ADVICE
    return (sign, style), (finding.rule.severity.upper(), style)


def _fix(finding: Finding, indent: str) -> tuple[str, Segment, str]:
    return indent, ("Fix: ", "green"), printable(finding.fix)


def _unreadable(report: Report) -> Iterator[Paragraph]:
    """Yield the values that are there and cannot be read, with the rules that they leave undecided."""
    for level, sign in (("mandatory", _MANDATORY), ("advisory", _ADVICE)):
        yield from _by_reason(
            "Can't be read", sign, [item for item in report.unreadable if item.level == level]
        )


def _undecided(report: Report) -> Iterator[Paragraph]:
    """Yield the other inconclusive results."""
    yield from _by_reason(
        "Can't be told", _OPEN, [item for item in report.inconclusive if not item.unreadable]
    )


def _by_reason(title: str, sign: Segment, results: list[InconclusiveResult]) -> Iterator[Paragraph]:
    """Yield results grouped by reason, since one missing role leaves many rules undecided."""
    if not results:
        return
    yield 0, ""
    yield 0, (title, "bold")
    reasons: dict[str, list[InconclusiveResult]] = {}
    for item in results:
        reasons.setdefault(item.why, []).append(item)
    for why, items in reasons.items():
        yield 4, "  ", sign, f"{printable(why)}: {_places(items)}"
        yield 4, (f"    for {_some({item.rule.id for item in items})}", "dim")


def _places(items: list[InconclusiveResult]) -> str:
    """Return the properties, grouped by resource."""
    paths: dict[str, set[str]] = {}
    for item in items:
        paths.setdefault(item.name, set()).update({printable(item.path)} - {""})
    return _some({f"{name} ({_some(found)})" if found else name for name, found in paths.items()}, "; ")


def _waivers(report: Report) -> Iterator[Paragraph]:
    if not (report.waived or report.expired or report.unused):
        return
    yield 0, ""
    yield 0, ("Waivers", "bold")
    waived: dict[WaiverConfig, set[str]] = {}
    for finding in report.waived:
        if finding.waiver is not None:
            waived.setdefault(finding.waiver, set()).add(finding.name)
    for waiver, names in waived.items():
        yield 4, f"  • {waiver.rule}  waived until {waiver.expires}: {printable(waiver.reason)}"
        yield 4, f"    for {_some(names)}"
    for waiver in report.expired:
        yield 4, "  ", *_ended(waiver), "; what it let pass counts again"
        yield 4, _about(waiver)
    for waiver in report.unused:
        yield 4, "  ", _OPEN, f"the waiver for {waiver.rule} lets nothing pass; take it out"
        yield 4, _about(waiver)


def _about(waiver: WaiverConfig) -> str:
    value = "" if waiver.actual is None else f" = {shown_value(waiver.actual)}"
    where = f" ({printable(waiver.path or 'a value')}{value})" if waiver.path or value else ""
    return f"    for {printable(waiver.resource)}{where}: {printable(waiver.reason)}"


def _ended(waiver: WaiverConfig) -> tuple[Segment, Segment]:
    return _ADVICE, f"the waiver for {waiver.rule} ended on {waiver.expires}"


def _brief(report: Report, more: str) -> Iterator[Paragraph]:
    if not (report.findings or report.expired or report.unused):
        return
    yield 0, ""
    broken = [[*findings] for _, findings in groupby(report.mandatory, key=lambda finding: finding.rule)]
    for findings in broken[:_MOST_IN_BRIEF]:
        yield 4, "  ", _MANDATORY, findings[0].rule.id, f"  {sentence_of_several(findings)}"
    if len(broken) > _MOST_IN_BRIEF:
        yield 4, "  ", _MANDATORY, f"and {counted(len(broken) - _MOST_IN_BRIEF, 'more rule')}"
    for waiver in report.expired:
        yield 4, "  ", *_ended(waiver)
    if report.unused:
        needless = counted(len(report.unused), "waiver lets nothing pass", "waivers let nothing pass")
        yield (
            4,
            "  ",
            _OPEN,
            f"{needless}; take them out" if len(report.unused) > 1 else f"{needless}; take it out",
        )
    yield 4, "  ", *_summary(report)
    yield 4, f"    {more} says why and what mends it"


def _summary(report: Report) -> tuple[Segment, Segment]:
    failed, advice = len(report.mandatory), len(report.findings) - len(report.mandatory)
    inconclusive = len({item.rule.id for item in report.inconclusive if not item.unreadable})
    unreadable = len({item.rule.id for item in report.unreadable})
    parts = [
        *([counted(failed, "finding fails", "findings fail") + _by_severity(report)] if failed else []),
        *([counted(advice, "finding is advice", "findings are advice")] if advice else []),
        *([f"{counted(unreadable, 'rule')} could not read a value"] if unreadable else []),
        *([] if report.findings or unreadable else ["nothing found"]),
        *([f"{len(report.waived)} waived"] if report.waived else []),
        *([counted(inconclusive, "rule can't be told", "rules can't be told")] if inconclusive else []),
    ]
    sign, style = (
        _MANDATORY if report.fails else _ADVICE if advice or unreadable else _OPEN if inconclusive else _KEPT
    )
    return (sign, style), (", ".join(parts), style)


def _by_severity(report: Report) -> str:
    counts = Counter(finding.rule.severity for finding in report.mandatory)
    return f" ({', '.join(f'{count} {severity}' for severity, count in counts.items())})"


def _some(names: set[str], between: str = ", ") -> str:
    ordered = sorted(names)
    shown = between.join(ordered[:_MOST_NAMES])
    return shown if len(ordered) <= _MOST_NAMES else f"{shown}{between}{len(ordered) - _MOST_NAMES} more"
