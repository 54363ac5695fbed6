"""A declared resource, as a program or a recorded state gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ResourceInput:
    """A resource of a Pulumi program.

    Args:
        type: The type token.
        name: The name in reports, usually the URN.
        properties: The inputs; may hold :data:`~provision.rules.model.UNKNOWN` and :data:`~provision.rules.model.MASKED`.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
