"""A rule in full, for people: ``provision audit --explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision._lib.styled_text import laid_out
from provision.config.profile import PROFILES
from provision.rules.reports import shown_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision._lib.styled_text import Line, Paragraph
    from provision.rules.definition import Rule


def explained(rule: Rule, width: int) -> Iterator[Line]:
    """Yield the lines of a rule in full.

    Args:
        rule: The rule.
        width: The width in columns.
    """
    return laid_out(_paragraphs(rule), width)


def _paragraphs(rule: Rule) -> Iterator[Paragraph]:
    yield 2, (rule.severity.upper(), "bold"), "  ", (rule.id, "bold"), f"  {rule.title}"
    yield 0, ""
    yield 0, rule.why
    yield 0, ""
    yield 5, ("Fix: ", "green"), rule.fix
    if rule.parameters:
        yield 0, ""
        yield 0, "Parameters (provision:rules, under parameters):"
    for name, value in rule.parameters.items():
        differs = name in rule.in_production
        other = f"; {shown_value(rule.in_production[name])} in production" if differs else ""
        yield 4, f"  {name}: {shown_value(value)}{other}"
    yield 0, ""
    yield 0, "Broken, for example, by:"
    for line in rule.example.splitlines():
        yield 4, f"  {line}"
    held = [profile for profile in rule.profiles if profile != "staging" or rule.staging is None]
    where = "" if rule.profiles == PROFILES else f" in {' and '.join(held)}"
    level = "" if rule.ephemeral == "mandatory" else f", {rule.ephemeral} in dev and test"
    level += f", {rule.staging} in staging" if rule.staging else ""
    yield 0, ""
    yield 0, f"Mandatory{where}{level}."
    yield 0, (rule.see, "dim")
