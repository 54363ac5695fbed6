"""The report for people: what fails first, the worst of it on top, a block for each rule that is broken, at most 100 columns wide."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import click

from provision.rules.reports import printable, shown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provision.rules.judgement import Finding, Report
    from provision.rules.reports import Subject
    from provision.rules.rule import Rule, Severity

WIDTH: Final = 100
_MOST: Final = 20
"""So many findings of one rule are shown; the other formats have all."""
_LONGEST_VALUE: Final = 60
_COLORS: Final[Mapping[Severity, str]] = {"high": "red", "medium": "yellow", "low": "blue"}


def written(report: Report, subject: Subject) -> str:
    """Styled for a terminal; whoever prints it elsewhere takes the styles out."""
    lines = [
        click.style(printable(subject.name), bold=True)
        + f" · profile {subject.profile} · {_counted(len(report.rules), 'rule', 'rules')}"
    ]
    ordered = sorted(report.findings, key=lambda finding: finding.level != "mandatory")
    for rule, findings in groupby(ordered, key=lambda finding: finding.rule):
        lines += ["", *_block(rule, [*findings])]
    lines += [*_undecided(report), *_waived(report), "", _summary(report)]
    return "\n".join(lines)


def explained(rule: Rule) -> str:
    """A rule in full: for ``--explain``.

    Args:
        rule: The rule.
    """
    lines = [
        f"{_badge(rule.severity)} {click.style(rule.title, bold=True)}  {click.style(rule.id, dim=True)}",
        "",
    ]
    lines += [*_wrapped(rule.why, ""), "", *_wrapped(f"Fix: {rule.fix}", "", "     ")]
    if rule.parameters:
        lines += ["", "Parameters (provision:rules, under parameters):"]
        for name, value in rule.parameters.items():
            other = (
                f"; {_value(rule.in_production[name])} in production" if name in rule.in_production else ""
            )
            lines += _wrapped(f"{name}: {_value(value)}{other}", "  ", "    ")
    lines += ["", "Broken, for example, by:"]
    for change in rule.breaks[0]:
        lines += _wrapped(_said(change), "  ", "    ")
    where = "" if len(rule.profiles) == 3 else f" in {', '.join(rule.profiles)}"  # noqa: PLR2004 - all there are
    level = "" if rule.throw_away == "mandatory" else f", {rule.throw_away} in dev and test"
    lines += ["", f"Mandatory{where}{level}.", f"See {rule.see}"]
    return "\n".join(lines)


def _block(rule: Rule, findings: list[Finding]) -> Iterator[str]:
    yield f"{_badge(rule.severity)} {click.style(rule.title, bold=True)}  {click.style(rule.id, dim=True)}"
    yield from _wrapped(rule.why, "     ")
    for finding in findings[:_MOST]:
        yield from _finding(finding)
    if len(findings) > _MOST:
        yield f"     … and {len(findings) - _MOST} more; --format json has all"
    yield click.style(f"     See {rule.see}", dim=True)


def _finding(finding: Finding) -> Iterator[str]:
    sign = click.style("✗", fg="red") if finding.level == "mandatory" else click.style("!", fg="yellow")
    place = f"{finding.path} = {_value(finding.actual)}" if finding.path else ""
    first, *more = _wrapped(f"{shown_name(finding.resource)}  {place}".rstrip(), "", "       ", WIDTH - 5)
    yield f"   {sign} {first}"
    yield from more
    yield from _wrapped(printable(finding.message), "       ")
    yield from _wrapped(f"fix: {printable(finding.fix)}", "       ", "            ")


def _undecided(report: Report) -> Iterator[str]:
    """By reason: one role that is missing leaves many rules undecided."""
    if not report.undecided:
        return
    yield from ("", click.style("Can't be told", bold=True))
    reasons: dict[str, tuple[set[str], set[str]]] = {}
    for item in report.undecided:
        rules, places = reasons.setdefault(item.why, (set(), set()))
        rules.add(item.rule.id)
        places.add(f"{shown_name(item.resource)} {item.path}".rstrip())
    for why, (rules, places) in reasons.items():
        yield from _wrapped(f"? {printable(why)}", "   ", "     ")
        yield from _wrapped(f"about {_some(places)}", "     ")
        yield from _wrapped(f"by {_some(rules)}", "     ", style={"dim": True})


def _waived(report: Report) -> Iterator[str]:
    if report.waived:
        yield from ("", click.style("Waived", bold=True))
        for finding in report.waived:
            waiver = finding.waiver
            yield from _wrapped(f"- {finding.rule.id}: {shown_name(finding.resource)}", "   ", "     ")
            if waiver is not None:
                yield from _wrapped(f"until {waiver.expires}: {printable(waiver.reason)}", "     ")
    for title, waivers in (
        ("Waivers that are over: what they let pass counts again", report.expired),
        ("Waivers that let nothing pass: take them out", report.unused),
    ):
        if waivers:
            yield from ("", click.style(title, bold=True))
        for waiver in waivers:
            text = (
                f"- {waiver.rule}: {printable(waiver.resource)}, {waiver.expires}: {printable(waiver.reason)}"
            )
            yield from _wrapped(text, "   ", "     ")


def _summary(report: Report) -> str:
    failed, advice = len(report.mandatory), len(report.findings) - len(report.mandatory)
    undecided = len({item.rule.id for item in report.undecided})
    parts = [
        _counted(failed, "finding fails", "findings fail") + _by_severity(report.mandatory),
        *([_counted(advice, "is advice", "are advice")] if advice else []),
        *([f"{len(report.waived)} waived"] if report.waived else []),
        *([_counted(undecided, "rule can't be told", "rules can't be told")] if undecided else []),
    ]
    if not report.findings:
        parts[0] = "nothing found"
    sign, color = ("✗", "red") if failed else ("!", "yellow") if advice or undecided else ("✓", "green")
    return click.style(f"{sign} {', '.join(parts)}", fg=color)


def _by_severity(findings: Iterable[Finding]) -> str:
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.rule.severity] = counts.get(finding.rule.severity, 0) + 1
    return f" ({', '.join(f'{count} {severity}' for severity, count in counts.items())})" if counts else ""


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _badge(severity: Severity) -> str:
    return click.style(
        f"{severity.upper():<4}" if severity != "medium" else "MED ", fg=_COLORS[severity], bold=True
    )


def _some(names: set[str]) -> str:
    ordered = sorted(names)
    shown = ", ".join(ordered[:5])
    return shown if len(ordered) <= 5 else f"{shown} and {len(ordered) - 5} more"  # noqa: PLR2004 - enough to know


def _value(value: Any) -> str:
    text = printable(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _said(change: Any) -> str:
    """A change of the book as words."""
    from provision.rules.changes import Remove, Set

    if isinstance(change, Remove):
        return f"no {change.where.kind}{_those(change.where.equal)}"
    if isinstance(change, Set):
        return f"{change.where.kind}{_those(change.where.equal)}: {_pairs(change.values)}"
    return f"a further {change.kind}: {_pairs(change.properties)}"


def _those(equal: Mapping[str, Any]) -> str:
    return f" ({_pairs(equal)})" if equal else ""


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in values.items())


def _wrapped(
    text: str,
    first: str,
    later: str | None = None,
    width: int = WIDTH,
    *,
    style: Mapping[str, Any] | None = None,
) -> list[str]:
    indent = first if later is None else later
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [click.style(line, **style) for line in lines] if style else lines
