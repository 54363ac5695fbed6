"""The baseline of a stack: waivers in its file for what breaks the security rules today."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from provision.config.names import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.config.project import StackFile
    from provision.engine.events import Declared

_WAIVERS = ("config", f"{NAMESPACE}:rules", "waivers")


def failing(stack: StackFile, declared: Iterable[Declared], *, waive: bool) -> tuple[int, int]:
    """Return how many findings would stop a production stack, and how many were written into the file as waivers instead.

    Args:
        stack: The stack.
        declared: All resources of the stack's program.
        waive: Whether to write a waiver for each such finding.

    Raises:
        UsageError: The waivers of the file are written in a way in which no entry can be added.
    """
    from provision.cli import findings
    from provision.config.yaml_insertion import insert
    from provision.rules import baseline

    report, _ = findings.judged(stack, declared)
    if not waive:
        return len(report.mandatory), 0
    waivers = baseline.waivers(report.mandatory, datetime.now(UTC).date())
    insert(stack.file, {_WAIVERS: waivers})
    return 0, len(report.mandatory)
