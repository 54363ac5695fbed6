"""What the security rules say of the program that a preview or an ``up`` ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.rules.evaluation import evaluate
from provision.rules.reports import Subject, text
from provision.rules.reports.json_document import document
from provision.rules.sources import engine_inputs
from provision.rules.sources.program import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.cli.screen import Screen
    from provision.config.project import StackFile
    from provision.engine.events import Declared
    from provision.rules.evaluation import Report


def judged(stack: StackFile, declared: Iterable[Declared]) -> tuple[Report, Subject]:
    """Ask the rules, as the stack file configures them.

    Args:
        stack: The stack.
        declared: Every resource of its program.
    """
    config = stack.config()
    resources = [
        engine_inputs.resource(
            item.type, item.urn, item.inputs, engine_inputs.secrets_of(item.type, item.given)
        )
        for item in declared
    ]
    report = evaluate(snapshot(resources, config.profile), config.rules)
    return report, Subject(f"stack {stack.name}", config.profile, stack.file.name)


def show(screen: Screen, report: Report, subject: Subject) -> None:
    """Everything that the rules say, with reasons."""
    screen.line()
    for line in text.lines(report, subject, screen.width):
        screen.line(*line)


def mention(screen: Screen, report: Report, option: str) -> None:
    """What has to be mended, in short; nothing when all is well.

    Args:
        screen: Where to.
        report: What they say.
        option: The option that names the stack, for the command that says more.
    """
    for line in text.brief(report, f"`provision preview{option}`", screen.width):
        screen.line(*line)


__all__ = ["document", "judged", "mention", "show"]
