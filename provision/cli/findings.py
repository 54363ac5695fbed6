"""The findings of the security rules about the program that a preview or an ``up`` ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.hints import hint
from provision.cli.report_place import address, line_finder
from provision.rules.evaluation import evaluate
from provision.rules.reports import Subject, text
from provision.rules.reports.json_document import document
from provision.rules.sources import engine_inputs
from provision.rules.sources.program import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.cli.screen import Results, Screen
    from provision.config.project import StackFile
    from provision.engine.events import Declared
    from provision.rules.evaluation import Report


def judged(stack: StackFile, declared: Iterable[Declared]) -> tuple[Report, Subject]:
    """Return the report of the security rules, as the stack file configures the rules, and the report's subject.

    Args:
        stack: The stack.
        declared: All resources of the stack's program.
    """
    config = stack.config()
    resources = [
        engine_inputs.resource(
            item.type, item.urn, item.inputs, engine_inputs.secrets_of(item.type, item.given)
        )
        for item in declared
    ]
    report = evaluate(snapshot(resources, config.profile), config.rules)
    return report, Subject(f"stack {stack.name}", config.profile, address(stack.file), line_finder(stack))


def show(screen: Screen | Results, report: Report, subject: Subject) -> None:
    """Show the whole report of the rules, with reasons."""
    screen.line()
    for line in text.lines(report, subject, screen.width):
        screen.line(*line)


def mention(screen: Screen, report: Report) -> None:
    """Show a summary of the broken rules, or nothing if no rule is broken.

    Args:
        screen: The screen to show the summary on.
        report: The report of the rules.
    """
    for line in text.brief(report, hint("preview"), screen.width):
        screen.line(*line)


__all__ = ["document", "judged", "mention", "show"]
