"""What the security rules say of the program that a preview or an ``up`` ran."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from provision.rules import inputs
from provision.rules.declared import landscape
from provision.rules.judgement import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.cli.screen import Screen
    from provision.config.project import StackFile
    from provision.engine.events import Declared
    from provision.rules.judgement import Finding, Report

_SIGNS = {"mandatory": ("  ✗ ", "red"), "advisory": ("  ! ", "yellow")}


def judged(stack: StackFile, declared: Iterable[Declared]) -> Report:
    """Ask the rules, as the stack file configures them.

    Args:
        stack: The stack.
        declared: Every resource of its program.
    """
    config = stack.config()
    resources = [
        inputs.resource(item.type, item.urn, item.inputs, inputs.secrets_of(item.type, item.given))
        for item in declared
    ]
    return judge(landscape(resources, config.profile), config.rules)


def document(report: Report) -> dict[str, Any]:
    """Plain data for ``--json``."""
    return {
        name: [item.as_json() for item in getattr(report, name)]
        for name in ("findings", "undecided", "waived")
    }


def show(screen: Screen, report: Report) -> None:
    """Everything that the rules say, with reasons."""
    for finding in report.findings:
        _headline(screen, finding)
        if finding.path:
            screen.line((f"      {finding.path}: ", "dim"), f"{finding.actual!r}")
        screen.line(("      why: ", "dim"), finding.rule.why)
        screen.line(("      fix: ", "dim"), finding.fix)
        screen.line((f"      {finding.rule.see}", "dim"))
    for finding in report.waived:
        _waived(screen, finding)
    for waiver in report.expired:
        screen.line(("  ! ", "yellow"), f"the waiver for {waiver.rule} ended on {waiver.expires}")
    for waiver in report.unused:
        screen.line(("  · ", "cyan"), f"the waiver for {waiver.rule} ({waiver.resource}) lets nothing pass")
    if report.undecided:
        reasons = Counter(undecided.why for undecided in report.undecided)
        counts = ", ".join(f"{why}: {count}" for why, count in reasons.most_common())
        screen.line(("  ? ", "cyan"), f"{len(report.undecided)} can't be told ({counts}); --json names them")
    screen.line(_summary(report))


def mention(screen: Screen, report: Report, option: str) -> None:
    """What the rules say in short, a line for each that has to be kept; nothing when all is well.

    Args:
        screen: Where to.
        report: What they say.
        option: The option that names the stack, for the command that says more.
    """
    for finding in report.mandatory:
        _headline(screen, finding)
    for waiver in report.expired:
        screen.line(("  ! ", "yellow"), f"the waiver for {waiver.rule} ended on {waiver.expires}")
    if report.findings:
        screen.line(f"{_summary(report)}; `provision preview{option}` says why and what mends it")


def label(urn: str) -> str:
    """How a person names the object: ``client scope mcp:tools``."""
    type_, _, name = urn.split("::", 2)[-1].partition("::")
    kind = re.split(r"[:/]", type_)[-1]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
    return (
        f"{words} {name.removeprefix(f'{kind}/')}"  # what a stack file declares by its type is named after it
    )


def _headline(screen: Screen, finding: Finding) -> None:
    screen.line(
        _SIGNS[finding.level],
        f"{finding.rule.id}  {label(finding.resource)} {finding.message}",
        (f"  {finding.rule.severity}, {finding.level}", "dim"),
    )


def _waived(screen: Screen, finding: Finding) -> None:
    if finding.waiver is not None:
        until = f"waived until {finding.waiver.expires}: {finding.waiver.reason}"
        screen.line(("  · ", "dim"), f"{finding.rule.id}  {label(finding.resource)}", (f"  {until}", "dim"))


def _summary(report: Report) -> str:
    if not report.findings:
        return f"  ✓ {len(report.rules)} rules, nothing found"
    count, mandatory = len(report.findings), len(report.mandatory)
    return f"  {count} {'finding' if count == 1 else 'findings'}, {mandatory} mandatory"
