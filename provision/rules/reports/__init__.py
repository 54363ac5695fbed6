"""Reports of what the rules found, one module for each format; each has ``written(report, subject)``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.rules.judgement import Report
    from provision.rules.rule import Profile

_MODULES: Final = {"text": "text", "json": "json_document", "sarif": "sarif", "junit": "junit"}
FORMATS: Final = tuple(_MODULES)
"""The formats, the one for people first."""


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


def shown_name(resource: str) -> str:
    """How a report calls a resource: of a URN the kind and the name, anything else as it is, on one line.

    Args:
        resource: A URN of Pulumi, or words.
    """
    if resource.startswith("urn:pulumi:"):
        *_, types, name = resource.split("::", 3)
        return f"{types.rsplit(':', 1)[-1]} {name}"
    return printable(resource)


def printable(text: str) -> str:
    """A client names itself: nothing in it may move the cursor, hide what stands beside it or end the line."""
    return "".join(char if char.isprintable() else "�" for char in text)
