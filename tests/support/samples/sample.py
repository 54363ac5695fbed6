"""The definition of a sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A sample object of a kind.

    Args:
        inputs: The inputs in the wire's spelling; the realm is added.
        change: The inputs that an update changes.
        needs: The kinds and inputs of the objects that must exist before.
        factory: Whether Keycloak makes the object with every realm, so that it is adopted rather than made.
        nameless: Whether Keycloak has no key for the object: only the state knows it, so it is never adopted or imported.
    """

    inputs: dict[str, Any]
    change: dict[str, Any]
    needs: tuple[tuple[str, dict[str, Any]], ...] = field(default=())
    factory: bool = False
    nameless: bool = False
